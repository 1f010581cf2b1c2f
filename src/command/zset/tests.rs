//! The commands of sorted sets, on a state without a server.

use std::collections::BTreeSet;

use super::pop::{self, Extreme};
use crate::command::testing::{Bench, transcript};
use crate::protocol::Reply;
use crate::store::{Effects, Kind, Rng, ValueType, ZSet};

/// See [`transcript`].
const TRANSCRIPT: &str = include_str!("transcript.txt");

fn set<'a>(bench: &'a Bench, key: &str) -> &'a ZSet {
    <ZSet as Kind>::of(bench.state.db(0).get(key.as_bytes()).unwrap().value()).unwrap()
}

/// Members `member:0` … with their numbers as scores.
fn fill(bench: &mut Bench, key: &str, len: usize) {
    for i in 0..len {
        bench.run(&format!("ZADD {key} {i} member:{i}"));
    }
}

#[test]
fn sorted_set_replies_are_those_of_redis() {
    let mut bench = Bench::new();
    let commands = bench.replay(TRANSCRIPT);
    assert!(commands >= 400, "{commands} commands");
}

/// The same on sets that are large from their first member: representations differ in what OBJECT ENCODING says, in -0, and where the
/// scores of a range by members differ.
#[test]
fn large_sets_reply_as_small_ones() {
    let mut bench = Bench::new();
    bench.state.options.zset_small_entries_max = 0;
    for (command, reply) in transcript(TRANSCRIPT) {
        let found = bench.text(command);
        if ["OBJECT", "ZSCAN", "ZADD zero", "ZSCORE zero", "ZINCRBY zero"].iter().all(|word| !command.starts_with(word))
            && !command.contains(" mixed ")
        {
            assert_eq!(found, reply, "{command}");
        }
    }
    assert_eq!(bench.text("OBJECT ENCODING digits"), "$8 skiplist");
}

#[test]
fn resp3_shows_doubles_and_pairs() {
    let mut bench = Bench::new();
    bench.run("ZADD z 1 a 2.5 b inf c");
    for (line, reply) in [
        ("ZSCORE z b", ",2.5"),
        ("ZSCORE z c", ",inf"),
        ("ZSCORE z absent", "_"),
        ("ZMSCORE z a absent", "*2 ,1 _"),
        ("ZINCRBY z 1 a", ",2"),
        ("ZADD z INCR -1 a", ",1"),
        ("ZADD z NX INCR 1 a", "_"),
        ("ZADD z CH 1 a", ":0"),
        ("ZRANK z b", ":1"),
        ("ZRANK z b WITHSCORE", "*2 :1 ,2.5"),
        ("ZRANK z absent", "_"),
        ("ZRANK z absent WITHSCORE", "_"),
        ("ZRANGE z 0 -1", "*3 $1 a $1 b $1 c"),
        ("ZRANGE z 0 1 WITHSCORES", "*2 *2 $1 a ,1 *2 $1 b ,2.5"),
        ("ZREVRANGEBYSCORE z 9 -inf WITHSCORES", "*2 *2 $1 b ,2.5 *2 $1 a ,1"),
        ("ZRANGE absent 0 1 WITHSCORES", "*0"),
        ("ZUNION 1 z WITHSCORES", "*3 *2 $1 a ,1 *2 $1 b ,2.5 *2 $1 c ,inf"),
        ("ZUNION 1 absent WITHSCORES", "*0"),
        ("ZRANDMEMBER z 3 WITHSCORES", "*3 *2 $1 a ,1 *2 $1 b ,2.5 *2 $1 c ,inf"),
        ("ZRANDMEMBER absent 2 WITHSCORES", "*0"),
        ("ZRANDMEMBER absent", "_"),
        ("ZSCAN z 0", "*2 $1 0 *6 $1 a $1 1 $1 b $3 2.5 $1 c $3 inf"),
        ("ZPOPMIN z", "*2 $1 a ,1"),
        ("ZPOPMAX z 1", "*1 *2 $1 c ,inf"),
        ("ZPOPMAX absent", "*0"),
        ("ZPOPMAX absent 1", "*0"),
        ("ZMPOP 1 absent MIN", "_"),
        ("ZMPOP 1 z MAX COUNT 2", "*2 $1 z *1 *2 $1 b ,2.5"),
    ] {
        assert_eq!(bench.text3(line), reply, "{line}");
    }
}

#[test]
fn popped_members_of_several_are_arrays_in_resp2_too() {
    let mut bench = Bench::new();
    bench.run("ZADD z 1 a 2 b");
    assert_eq!(bench.text("ZMPOP 1 z MIN COUNT 2"), "*2 $1 z *2 *2 $1 a $1 1 *2 $1 b $1 2");
}

#[test]
fn change_in_the_sense_of_redis_gives_a_new_revision() {
    let mut bench = Bench::new();
    bench.run("ZADD z 1 a 2 b 3 c inf i");
    bench.run("ZADD other 1 a");
    for (line, changes) in [
        ("ZADD z 1 a", false),
        ("ZADD z -0 zero", true),
        ("ZADD z 0 zero", false),
        ("ZADD z NX 5 a", false),
        ("ZADD z GT 0 a", false),
        ("ZADD z XX 5 absent", false),
        ("ZADD z 1.5 a", true),
        ("ZADD z 1 a 2 d", true),
        ("ZINCRBY z 0 a", false),
        ("ZINCRBY z 1 a", true),
        ("ZINCRBY z -inf i", false),
        ("ZADD z x a", false),
        ("ZREM z absent", false),
        ("ZREM z absent d", true),
        ("ZREMRANGEBYSCORE z 50 60", false),
        ("ZREMRANGEBYRANK z 9 10", false),
        ("ZREMRANGEBYLEX z (zz +", false),
        ("ZREMRANGEBYSCORE z 0 0", true),
        ("ZPOPMIN z 0", false),
        ("ZPOPMAX z", true),
        ("ZMPOP 2 absent z MIN", true),
        ("ZRANGE z 0 -1", false),
        ("ZUNIONSTORE z 1 z", true),
        ("ZRANGESTORE z other 0 -1", true),
    ] {
        let before = bench.revision("z");
        bench.run(line);
        assert_eq!(bench.revision("z") != before, changes, "{line}");
    }
}

#[test]
fn failed_command_creates_no_key_and_removing_the_last_member_deletes_the_key() {
    let mut bench = Bench::new();
    for line in
        ["ZADD k 1", "ZADD k x a", "ZADD k XX 1 a", "ZINCRBY k x a", "ZREM k a", "ZPOPMIN k", "ZUNIONSTORE k 1 absent"]
    {
        bench.run(line);
        assert_eq!(bench.state.db(0).len(), 0, "{line}");
    }
    for line in [
        "ZREM k a b",
        "ZREMRANGEBYRANK k 0 -1",
        "ZREMRANGEBYSCORE k 1 2",
        "ZREMRANGEBYLEX k - +",
        "ZPOPMAX k 5",
        "ZMPOP 1 k MAX COUNT 2",
    ] {
        bench.run("ZADD k 1 a 1 b");
        bench.run("PEXPIRE k 1000");
        bench.run(line);
        assert_eq!(bench.state.db(0).len(), 0, "{line}");
    }
    bench.run("ZADD k 1 a");
    assert_eq!(bench.state.db(0).volatile_len(), 0, "a new set has no deadline");
}

#[test]
fn a_change_keeps_the_deadline_and_a_due_sorted_set_is_absent() {
    let mut bench = Bench::new();
    bench.run("ZADD k 1 a");
    bench.run("PEXPIRE k 1000");
    bench.run("ZADD k 2 b");
    assert_eq!(bench.state.db(0).volatile_len(), 1);
    bench.run("ZUNIONSTORE t 1 k");
    assert_eq!(bench.state.db(0).volatile_len(), 1, "what is stored has no deadline");
    bench.now_ms += 1001;
    assert_eq!(bench.text("ZRANGE k 0 -1"), "*0");
    assert_eq!(bench.text("ZUNIONSTORE u 2 k t"), ":2");
    assert_eq!(bench.text("ZINCRBY k 1 a"), "$1 1");
}

#[test]
fn sorted_set_encodings_follow_the_options() {
    let mut bench = Bench::new();
    let encoding = |bench: &Bench, key: &str| set(bench, key).encoding();
    fill(&mut bench, "z", 128);
    assert_eq!(encoding(&bench, "z"), "listpack");
    bench.run("ZADD z 0 one-more");
    assert_eq!(encoding(&bench, "z"), "skiplist");
    bench.run(&format!("ZADD long 1 {}", "x".repeat(64)));
    assert_eq!(encoding(&bench, "long"), "listpack");
    bench.run(&format!("ZADD long 1 {}", "x".repeat(65)));
    assert_eq!(encoding(&bench, "long"), "skiplist");
    let same = " 1 m".repeat(129);
    bench.run(&format!("ZADD same{same}"));
    assert_eq!((encoding(&bench, "same"), set(&bench, "same").len()), ("skiplist", 1));
    for (line, expected) in [
        ("ZUNIONSTORE t 1 z", "skiplist"),
        ("ZUNIONSTORE t 1 same", "listpack"),
        ("ZDIFFSTORE t 1 long", "skiplist"),
        ("ZRANGESTORE t z 0 127", "listpack"),
        ("ZRANGESTORE t z 0 128", "skiplist"),
    ] {
        bench.run(line);
        assert_eq!(encoding(&bench, "t"), expected, "{line}");
    }
    bench.state.options.zset_small_entries_max = 2;
    bench.run("ZADD few 1 a 2 b");
    assert_eq!(encoding(&bench, "few"), "listpack");
    bench.run("ZINCRBY few 1 c");
    assert_eq!(encoding(&bench, "few"), "skiplist");
}

#[test]
fn a_scan_of_a_large_sorted_set_meets_every_member_once() {
    let mut bench = Bench::new();
    fill(&mut bench, "z", 1000);
    for (options, steps, found) in [("", 100, 1000), ("COUNT 300", 4, 1000), ("COUNT 100 MATCH *:99*", 10, 11)] {
        let (mut cursor, mut taken) = ("0".to_owned(), 0);
        let mut met = BTreeSet::new();
        loop {
            let reply = bench.run(&format!("ZSCAN z {cursor} {options}"));
            let Reply::Array(parts) = reply else { panic!("{reply:?}") };
            let [Reply::Bulk(next), Reply::Array(elements)] = parts.as_slice() else { panic!("{parts:?}") };
            for pair in elements.chunks(2) {
                let [Reply::Bulk(member), Reply::Bulk(score)] = pair else { panic!("{pair:?}") };
                assert_eq!(member.strip_prefix(b"member:"), Some(&score[..]));
                assert!(met.insert(member.clone()), "{member:?} twice");
            }
            taken += 1;
            cursor = String::from_utf8(next.to_vec()).unwrap();
            if cursor == "0" {
                break;
            }
        }
        assert_eq!((taken, met.len()), (steps, found), "{options}");
    }
    bench.state.options.zset_small_entries_max = 0;
    bench.run("ZADD digits 0.1 a");
    assert_eq!(bench.text("ZSCAN digits 0"), "*2 $1 0 *2 $1 a $19 0.10000000000000001");
}

#[test]
fn random_members_are_bounded_in_number_and_bytes() {
    const OUT_OF_RANGE: &str = "-ERR value is out of range";
    let mut bench = Bench::new();
    bench.run("ZADD z 1 a 2 b");
    assert_eq!(bench.text("ZRANDMEMBER z -1048577"), OUT_OF_RANGE);
    assert_eq!(bench.text("ZRANDMEMBER z -4611686018427387903 WITHSCORES"), OUT_OF_RANGE);
    let Reply::Array(members) = bench.run("ZRANDMEMBER z -1048576") else { panic!() };
    assert_eq!(members.len(), 1_048_576);
    // 2 picks are free, 10 more of 9 bytes each fill the bound.
    bench.state.options.bulk_len_max = 90;
    assert!(matches!(bench.run("ZRANDMEMBER z -12 WITHSCORES"), Reply::Pairs(_)));
    assert_eq!(bench.text("ZRANDMEMBER z -13 WITHSCORES"), OUT_OF_RANGE);
}

/// Sums of doubles depend on their order: from the smallest input to the largest, those of one size as they are named.
#[test]
fn scores_are_added_in_the_order_of_redis() {
    let mut bench = Bench::new();
    bench.run("ZADD big 1e16 m 0 x 0 y");
    bench.run("ZADD one 1 m");
    bench.run("ZADD two 1 m 0 x");
    // (1 + 1) + 1e16; the other way round both ones would be lost.
    for operation in ["ZUNION", "ZINTER"] {
        let reply = bench.text(&format!("{operation} 3 big one two WITHSCORES"));
        assert!(reply.contains("$1 m $17 10000000000000002"), "{operation}: {reply}");
    }
}

#[test]
fn scripts_are_charged_for_what_sorted_sets_cost() {
    let mut bench = Bench::new();
    fill(&mut bench, "small", 100);
    fill(&mut bench, "large", 3000);
    for (line, least) in [
        ("ZSCORE small member:5", 100),
        ("ZRANGE large 0 999", 16_000),
        ("ZRANGEBYSCORE large 0 999", 16_000),
        ("ZUNION 2 large small", 49_000),
        ("ZINTER 2 large small", 1_600),
        ("ZDIFF 2 large small", 300_000),
        ("ZUNIONSTORE t 1 large", 48_000),
        ("ZRANGESTORE t large 0 999", 16_000),
        ("ZREMRANGEBYRANK large 0 99", 1_600),
        ("ZREMRANGEBYSCORE large 0 199", 1_600),
        ("ZPOPMIN large 100", 1_600),
        ("ZMPOP 1 large MAX COUNT 100", 1_600),
        ("ZADD small 1 a 2 b", 200),
        ("ZREM small a b c", 300),
        ("ZRANDMEMBER large 100", 6_400),
        ("ZSCAN large 0 COUNT 100", 1_600),
    ] {
        let (reply, units) = bench.work(line);
        assert!(!reply.is_error() && units >= least, "{line}: {units} units");
    }
    assert!(bench.work("ZSCORE large member:2000").1 == 0 && bench.work("ZRANK large member:2000").1 == 0);
}

#[test]
fn the_ends_of_a_set_can_be_taken_by_other_commands() {
    let mut bench = Bench::new();
    bench.run("ZADD z 1 a 2 b 3 c");
    let mut effects = Effects::default();
    let mut txn = bench.state.txn(0, Rng::new(1), &mut effects);
    let names = |popped: Option<pop::Popped>| {
        popped.map(|popped| {
            popped
                .iter()
                .map(|(member, score)| format!("{}{score}", String::from_utf8_lossy(member)))
                .collect::<String>()
        })
    };
    assert_eq!(names(pop::pop(&mut txn, b"z", Extreme::Max, 2).unwrap()).as_deref(), Some("c3b2"));
    assert_eq!(names(pop::pop(&mut txn, b"z", Extreme::Min, 0).unwrap()).as_deref(), Some(""));
    assert_eq!(names(pop::pop(&mut txn, b"z", Extreme::Min, 9).unwrap()).as_deref(), Some("a1"));
    assert_eq!(names(pop::pop(&mut txn, b"z", Extreme::Min, 1).unwrap()), None);
}
