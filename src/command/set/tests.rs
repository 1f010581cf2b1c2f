//! The commands of sets, on a state without a server.

use std::collections::BTreeSet;

use crate::command::testing::Bench;
use crate::protocol::Reply;

/// See [`Bench::replay`]; of Redis.
const TRANSCRIPT: &str = include_str!("transcript.txt");

#[test]
fn set_replies_are_those_of_redis() {
    let mut bench = Bench::new();
    let commands = bench.replay(TRANSCRIPT);
    assert!(commands >= 180, "{commands} commands");
}

#[test]
fn resp3_shows_sets() {
    let mut bench = Bench::new();
    bench.run("SADD s 1 2");
    for (line, reply) in [
        ("SMEMBERS s", "~2 $1 1 $1 2"),
        ("SMEMBERS absent", "~0"),
        ("SINTER s s", "~2 $1 1 $1 2"),
        ("SUNION absent", "~0"),
        ("SDIFF s absent", "~2 $1 1 $1 2"),
        ("SRANDMEMBER s 2", "*2 $1 1 $1 2"),
        ("SRANDMEMBER absent", "_"),
        ("SRANDMEMBER absent 1", "*0"),
        ("SSCAN s 0", "*2 $1 0 *2 $1 1 $1 2"),
        ("SMISMEMBER s 1 3", "*2 :1 :0"),
        ("SPOP absent", "_"),
        ("SPOP absent 1", "~0"),
        ("SPOP s 2", "~2 $1 1 $1 2"),
    ] {
        assert_eq!(bench.text3(line), reply, "{line}");
    }
}

#[test]
fn change_of_a_set_in_the_sense_of_redis_gives_a_new_revision() {
    let mut bench = Bench::new();
    bench.run("SADD s a b c");
    bench.run("SADD t c");
    for (line, changes) in [
        ("SADD s a", [false, false]),
        ("SADD s a d", [true, false]),
        ("SREM s absent", [false, false]),
        ("SREM s d absent", [true, false]),
        ("SMOVE s t absent", [false, false]),
        ("SMOVE s t c", [true, false]),
        ("SMOVE s t a", [true, true]),
        ("SMOVE s s b", [false, false]),
        ("SPOP s 0", [false, false]),
        ("SUNIONSTORE t t", [false, true]),
        ("SINTERSTORE t s str", [false, true]),
        ("SPOP s", [true, false]),
    ] {
        let before = ["s", "t"].map(|key| bench.revision(key));
        bench.run(line);
        let after = ["s", "t"].map(|key| bench.revision(key));
        assert_eq!([before[0] != after[0], before[1] != after[1]], changes, "{line}");
    }
}

#[test]
fn encodings_of_sets_follow_the_options() {
    let mut bench = Bench::new();
    let encoding = |bench: &mut Bench, key: &str| bench.text(&format!("OBJECT ENCODING {key}"));
    for i in 0..512 {
        bench.run(&format!("SADD ints {i}"));
    }
    assert_eq!(encoding(&mut bench, "ints"), "$6 intset");
    bench.run("SADD ints 512");
    assert_eq!(encoding(&mut bench, "ints"), "$9 hashtable");
    bench.run("SINTERSTORE few ints ints");
    assert_eq!(encoding(&mut bench, "few"), "$9 hashtable");
    bench.run("SREM ints 5");
    bench.run("SINTERSTORE few ints ints");
    assert_eq!(encoding(&mut bench, "few"), "$6 intset", "integers out of a hash table");
    bench.run("SUNIONSTORE few ints");
    assert_eq!(encoding(&mut bench, "few"), "$6 intset");
    bench.run("SADD few x");
    assert_eq!(encoding(&mut bench, "few"), "$9 hashtable", "too many for a list");
    for i in 0..128 {
        bench.run(&format!("SADD list m{i}"));
    }
    assert_eq!(encoding(&mut bench, "list"), "$8 listpack");
    bench.run("SADD list more");
    assert_eq!(encoding(&mut bench, "list"), "$9 hashtable");
    bench.run(&format!("SADD long {}", "x".repeat(64)));
    assert_eq!(encoding(&mut bench, "long"), "$8 listpack");
    bench.run(&format!("SADD long {}", "x".repeat(65)));
    assert_eq!(encoding(&mut bench, "long"), "$9 hashtable");
    bench.run("SADD mixed 1 2 x");
    assert_eq!(encoding(&mut bench, "mixed"), "$8 listpack");
    bench.run("SREM mixed x");
    assert_eq!(encoding(&mut bench, "mixed"), "$8 listpack", "never back");
    assert_eq!(bench.text("SMEMBERS mixed"), "*2 $1 1 $1 2");

    bench.state.options.set_intset_entries_max = 2;
    bench.state.options.set_small_entries_max = 3;
    bench.state.options.set_small_value_max = 4;
    for (line, expected) in [
        ("SADD k1 1 2", "$6 intset"),
        ("SADD k2 1 2 3", "$8 listpack"),
        ("SADD k3 1 2 3 4", "$9 hashtable"),
        ("SADD k4 abcd", "$8 listpack"),
        ("SADD k5 abcde", "$9 hashtable"),
        ("SUNIONSTORE k6 k1 k4", "$8 listpack"),
    ] {
        bench.run(line);
        assert_eq!(encoding(&mut bench, line.split(' ').nth(1).unwrap()), expected, "{line}");
    }
}

fn members(reply: Reply) -> BTreeSet<Vec<u8>> {
    let (Reply::Set(items) | Reply::Array(items)) = reply else { panic!("{reply:?}") };
    let count = items.len();
    let members: BTreeSet<Vec<u8>> = items
        .into_iter()
        .map(|item| match item {
            Reply::Bulk(bytes) => bytes.to_vec(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(members.len(), count, "different ones");
    members
}

/// Sets of all representations, against sets of the standard library.
#[test]
fn set_algebra_is_right_whatever_the_representation() {
    let mut bench = Bench::new();
    let sets: [(&str, Vec<String>); 5] = [
        ("ints", (0..40).map(|i| i.to_string()).collect()),
        ("list", (20..50).map(|i| i.to_string()).chain(["x".into(), "y".into()]).collect()),
        ("large", (10..400).map(|i| i.to_string()).chain(["x".into()]).collect()),
        ("names", (0..200).map(|i| format!("name{i}")).chain(["30".into()]).collect()),
        ("absent", vec![]),
    ];
    for (key, members) in &sets {
        for member in members {
            bench.run(&format!("SADD {key} {member}"));
        }
    }
    let model = |at: usize| -> BTreeSet<Vec<u8>> { sets[at].1.iter().map(|name| name.clone().into_bytes()).collect() };
    for first in 0..sets.len() {
        for second in 0..sets.len() {
            for third in 0..sets.len() {
                let keys = [first, second, third].map(|at| sets[at].0).join(" ");
                let [a, b, c] = [first, second, third].map(model);
                let inter: BTreeSet<Vec<u8>> = a.iter().filter(|m| b.contains(*m) && c.contains(*m)).cloned().collect();
                let union: BTreeSet<Vec<u8>> = a.iter().chain(&b).chain(&c).cloned().collect();
                let diff: BTreeSet<Vec<u8>> =
                    a.iter().filter(|m| !b.contains(*m) && !c.contains(*m)).cloned().collect();
                assert_eq!(bench.text(&format!("SINTERCARD 3 {keys}")), format!(":{}", inter.len()), "{keys}");
                for (name, expected) in [("SINTER", inter), ("SUNION", union), ("SDIFF", diff)] {
                    assert_eq!(members(bench.run(&format!("{name} {keys}"))), expected, "{name} {keys}");
                    let len = expected.len();
                    assert_eq!(bench.text(&format!("{name}STORE target {keys}")), format!(":{len}"), "{name} {keys}");
                    assert_eq!(members(bench.run("SMEMBERS target")), expected, "{name} {keys}");
                }
            }
        }
    }
}

#[test]
fn spop_takes_what_it_answers() {
    let mut bench = Bench::new();
    for (key, len) in [("ints", 10), ("large", 1000)] {
        for i in 0..len {
            bench.run(&format!("SADD {key} {}{i}", if key == "ints" { "" } else { "m" }));
        }
        let mut left = members(bench.run(&format!("SMEMBERS {key}")));
        for count in [1, 3, 0, 2] {
            let popped = members(bench.run(&format!("SPOP {key} {count}")));
            assert_eq!(popped.len(), count);
            assert!(popped.iter().all(|member| left.remove(member)));
            assert_eq!(members(bench.run(&format!("SMEMBERS {key}"))), left);
        }
        let Reply::Bulk(one) = bench.run(&format!("SPOP {key}")) else { panic!("no member") };
        assert!(left.remove(&one[..]));
        assert_eq!(members(bench.run(&format!("SPOP {key} 100000"))), left);
        assert_eq!(bench.text(&format!("EXISTS {key}")), ":0");
    }
}

#[test]
fn random_members_are_bounded_in_number_and_bytes() {
    const OUT_OF_RANGE: &str = "-ERR value is out of range";
    let mut bench = Bench::new();
    bench.run("SADD s aa bb");
    assert_eq!(bench.text("SRANDMEMBER s -1048577"), OUT_OF_RANGE);
    let Reply::Array(picked) = bench.run("SRANDMEMBER s -1048576") else { panic!() };
    assert_eq!(picked.len(), 1_048_576);
    // 2 picks are free, 10 more of 2 bytes each fill the bound.
    bench.state.options.bulk_len_max = 20;
    assert!(matches!(bench.run("SRANDMEMBER s -12"), Reply::Array(_)));
    assert_eq!(bench.text("SRANDMEMBER s -13"), OUT_OF_RANGE);
}

#[test]
fn a_set_that_is_named_often_is_gone_through_once() {
    let mut bench = Bench::new();
    let members: String = (0..2000).map(|i| format!(" m{i}")).collect();
    bench.run(&format!("SADD s{members}"));
    bench.run("SADD t m1 x");
    let often = " s".repeat(500);
    for (line, len) in [
        (format!("SUNIONSTORE d{often} t"), 2001),
        (format!("SINTERSTORE d{often}"), 2000),
        (format!("SINTERSTORE d t{often}"), 1),
        (format!("SDIFFSTORE d s{}", " t".repeat(500)), 1999),
        (format!("SDIFFSTORE d t{often}"), 1),
        (format!("SDIFFSTORE d{often}"), 0),
    ] {
        let (reply, units) = bench.work(&line);
        assert_eq!(reply, Reply::Int(len), "{line}");
        assert!(units <= 10 * 2000 * 16, "{line}: {units}");
        assert_eq!(bench.run(&line), Reply::Int(len), "{line}");
    }
    let (reply, units) = bench.work(&format!("SINTERCARD 500{often}"));
    assert_eq!(reply, Reply::Int(2000));
    assert!(units <= 10 * 2000 * 16, "{units}");
}
