//! The commands of hashes, on a state without a server.

use std::collections::BTreeSet;

use crate::command::testing::Bench;
use crate::protocol::Reply;
use crate::store::{Hash, Kind, ValueType};

/// See [`Bench::replay`]; of Redis.
const TRANSCRIPT: &str = include_str!("transcript.txt");

fn hash<'a>(bench: &'a Bench, key: &str) -> &'a Hash {
    Hash::of(bench.state.db(0).get(key.as_bytes()).unwrap().value()).unwrap()
}

fn fill(bench: &mut Bench, key: &str, len: usize) {
    for i in 0..len {
        bench.run(&format!("HSET {key} field:{i} {i}"));
    }
}

#[test]
fn hash_replies_are_those_of_redis() {
    let mut bench = Bench::new();
    let commands = bench.replay(TRANSCRIPT);
    assert!(commands >= 190, "{commands} commands");
}

#[test]
fn below_level_3_nothing_knows_novalues() {
    let mut bench = Bench::new();
    bench.state.cluster.level = 2;
    for (line, reply) in [
        ("HSET h a 1", ":1"),
        ("SADD s a", ":1"),
        ("HSCAN h 0 NOVALUES", "-ERR syntax error"),
        ("HSCAN h 0 NOVALUES 1", "-ERR syntax error"),
        ("SSCAN s 0 NOVALUES", "-ERR syntax error"),
        ("HSCAN absent 0 NOVALUES", "*2 $1 0 *0"),
    ] {
        assert_eq!(bench.text(line), reply, "{line}");
    }
}

#[test]
fn resp3_shows_maps_and_pairs() {
    let mut bench = Bench::new();
    bench.run("HSET h a 1 b 2");
    for (line, reply) in [
        ("HGETALL h", "%2 $1 a $1 1 $1 b $1 2"),
        ("HGETALL absent", "%0"),
        ("HGET h absent", "_"),
        ("HMGET h a absent", "*2 $1 1 _"),
        ("HKEYS h", "*2 $1 a $1 b"),
        ("HRANDFIELD absent", "_"),
        ("HRANDFIELD absent 2 WITHVALUES", "*0"),
        ("HRANDFIELD h 2", "*2 $1 a $1 b"),
        ("HRANDFIELD h 2 WITHVALUES", "*2 *2 $1 a $1 1 *2 $1 b $1 2"),
        ("HSCAN h 0", "*2 $1 0 *4 $1 a $1 1 $1 b $1 2"),
        ("HINCRBYFLOAT h a 0.5", "$3 1.5"),
    ] {
        assert_eq!(bench.text3(line), reply, "{line}");
    }
}

#[test]
fn change_in_the_sense_of_redis_gives_a_new_revision() {
    let mut bench = Bench::new();
    bench.run("HSET h a 1 text abc");
    for (line, changes) in [
        ("HSET h a 1", true),
        ("HMSET h a 1", true),
        ("HSETNX h a 2", false),
        ("HSETNX h b 2", true),
        ("HDEL h absent", false),
        ("HDEL h absent b", true),
        ("HINCRBY h a 0", true),
        ("HINCRBY h text 1", false),
        ("HINCRBYFLOAT h a 0", true),
        ("HINCRBYFLOAT h text 1", false),
        ("HINCRBYFLOAT h a inf", false),
        ("HSET h a", false),
        ("HGETALL h", false),
        ("HRANDFIELD h 5", false),
    ] {
        let before = bench.revision("h");
        bench.run(line);
        assert_eq!(bench.revision("h") != before, changes, "{line}");
    }
}

#[test]
fn failed_command_creates_no_key_and_deleting_the_last_field_deletes_the_key() {
    let mut bench = Bench::new();
    for line in ["HSET k a", "HINCRBY k a x", "HINCRBYFLOAT k a inf", "HINCRBYFLOAT k a x", "HDEL k a"] {
        bench.run(line);
        assert_eq!(bench.state.db(0).len(), 0, "{line}");
    }
    bench.run("HSET k a 1 b 2");
    bench.run("PEXPIRE k 1000");
    assert_eq!(bench.text("HDEL k a b"), ":2");
    assert_eq!(bench.state.db(0).len(), 0);
    bench.run("HSET k a 1");
    assert_eq!(bench.state.db(0).volatile_len(), 0, "a new hash has no deadline");
}

#[test]
fn a_change_keeps_the_deadline_and_a_due_hash_is_absent() {
    let mut bench = Bench::new();
    bench.run("HSET k a 1");
    bench.run("PEXPIRE k 1000");
    bench.run("HSET k b 2");
    assert_eq!(bench.state.db(0).volatile_len(), 1);
    bench.now_ms += 1001;
    assert_eq!(bench.text("HGETALL k"), "*0");
    assert_eq!(bench.text("HINCRBY k a 1"), ":1");
}

#[test]
fn encodings_follow_the_options() {
    let mut bench = Bench::new();
    fill(&mut bench, "entries", 128);
    assert_eq!(hash(&bench, "entries").encoding(), "listpack");
    bench.run("HSETNX entries one-more 1");
    assert_eq!(hash(&bench, "entries").encoding(), "hashtable");
    bench.run(&format!("HSET value a {}", "x".repeat(64)));
    assert_eq!(hash(&bench, "value").encoding(), "listpack");
    bench.run(&format!("HSET value a {}", "x".repeat(65)));
    assert_eq!(hash(&bench, "value").encoding(), "hashtable");
    bench.run("HINCRBYFLOAT float a 1e100");
    assert_eq!(hash(&bench, "float").encoding(), "hashtable");
    let same = " f v".repeat(129);
    bench.run(&format!("HSET same{same}"));
    assert_eq!((hash(&bench, "same").encoding(), hash(&bench, "same").len()), ("hashtable", 1));

    bench.state.options.hash_small_entries_max = 2;
    bench.run("HSET small a 1 b 2");
    assert_eq!(hash(&bench, "small").encoding(), "listpack");
    bench.run("HINCRBY small c 1");
    assert_eq!(hash(&bench, "small").encoding(), "hashtable");
    bench.state.options.hash_small_entries_max = 0;
    bench.run("HSETNX none a 1");
    assert_eq!(hash(&bench, "none").encoding(), "hashtable");
}

#[test]
fn large_hashes_answer_as_small_ones() {
    let mut bench = Bench::new();
    fill(&mut bench, "h", 500);
    assert!(hash(&bench, "h").is_large());
    assert_eq!(bench.text("HLEN h"), ":500");
    assert_eq!(bench.text("HGET h field:77"), "$2 77");
    assert_eq!(bench.text("HINCRBY h field:77 3"), ":80");
    assert_eq!(bench.text("HSTRLEN h field:499"), ":3");
    assert_eq!(bench.text("HDEL h field:1 field:1 field:2 none"), ":2");
    assert_eq!(bench.text("HMGET h field:1 field:3"), "*2 $-1 $1 3");
    let (Reply::Array(keys), Reply::Array(values), Reply::Map(pairs)) =
        (bench.run("HKEYS h"), bench.run("HVALS h"), bench.run("HGETALL h"))
    else {
        panic!("other replies")
    };
    assert_eq!(pairs.len(), 498);
    assert!(pairs.into_iter().eq(keys.into_iter().zip(values)), "all three show one order");
}

#[test]
fn a_scan_of_a_large_hash_meets_every_field_once() {
    let mut bench = Bench::new();
    fill(&mut bench, "h", 1000);
    for (options, steps, found) in [("", 100, 1000), ("COUNT 300", 4, 1000), ("COUNT 100 MATCH *:99*", 10, 11)] {
        let (mut cursor, mut taken) = ("0".to_owned(), 0);
        let mut met = BTreeSet::new();
        loop {
            let reply = bench.run(&format!("HSCAN h {cursor} {options}"));
            let Reply::Array(parts) = reply else { panic!("{reply:?}") };
            let [Reply::Bulk(next), Reply::Array(fields)] = parts.as_slice() else { panic!("{parts:?}") };
            for pair in fields.chunks(2) {
                let [Reply::Bulk(field), Reply::Bulk(value)] = pair else { panic!("{pair:?}") };
                assert_eq!(field.strip_prefix(b"field:"), Some(&value[..]));
                assert!(met.insert(field.clone()), "{field:?} twice");
            }
            taken += 1;
            cursor = String::from_utf8(next.to_vec()).unwrap();
            assert!(cursor.parse::<u64>().unwrap() < 1 << 53);
            if cursor == "0" {
                break;
            }
        }
        assert_eq!((taken, met.len()), (steps, found), "{options}");
    }
    assert_eq!(bench.text("HSCAN h 9007199254740992"), "*2 $1 0 *0", "a cursor behind the last");
}

#[test]
fn random_fields_are_fields_with_their_values() {
    let mut bench = Bench::new();
    for len in [1, 50, 1000] {
        let key = format!("h{len}");
        fill(&mut bench, &key, len);
        for count in [1, 3, 20, 40, 700, 999, 2000, -1, -40, -3000] {
            let Reply::Pairs(pairs) = bench.run(&format!("HRANDFIELD {key} {count} WITHVALUES")) else { panic!() };
            let Reply::Array(fields) = bench.run(&format!("HRANDFIELD {key} {count}")) else { panic!() };
            let expected = if count < 0 { -count as usize } else { len.min(count as usize) };
            assert_eq!((pairs.len(), fields.len()), (expected, expected), "{count} of {len}");
            let mut different = BTreeSet::new();
            for (field, value) in pairs {
                let (Reply::Bulk(field), Reply::Bulk(value)) = (field, value) else { panic!() };
                assert_eq!(field.strip_prefix(b"field:"), Some(&value[..]));
                different.insert(field);
            }
            assert!(count < 0 || different.len() == expected, "{count} of {len} are different");
            assert!(count > -3000 || different.len() > len * 9 / 10, "{count} of {len} meet nearly all");
        }
    }
}

#[test]
fn random_fields_are_bounded_in_number_and_bytes() {
    const OUT_OF_RANGE: &str = "-ERR value is out of range";
    let mut bench = Bench::new();
    bench.run("HSET h a 1 b 2");
    assert_eq!(bench.text("HRANDFIELD h -1048577"), OUT_OF_RANGE);
    assert_eq!(bench.text("HRANDFIELD h -9223372036854775807"), OUT_OF_RANGE);
    assert_eq!(bench.text("HRANDFIELD h -4611686018427387903 WITHVALUES"), OUT_OF_RANGE);
    let Reply::Array(fields) = bench.run("HRANDFIELD h -1048576") else { panic!() };
    assert_eq!(fields.len(), 1_048_576);
    // 2 picks are free, 10 more of 2 bytes each fill the bound.
    bench.state.options.bulk_len_max = 20;
    assert!(matches!(bench.run("HRANDFIELD h -12 WITHVALUES"), Reply::Pairs(_)));
    assert_eq!(bench.text("HRANDFIELD h -13 WITHVALUES"), OUT_OF_RANGE);
}
