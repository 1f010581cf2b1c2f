//! The commands of streams, on a state without a server.

use crate::command::testing::Bench;
use crate::command::{Caller, call_write, check};
use crate::protocol::{Args, Reply};
use crate::store::steps::{Step, steps};
use crate::store::{Effects, Garbage, Rng};

/// See [`Bench::replay`]; of Redis.
const TRANSCRIPT: &str = include_str!("transcript.txt");

#[test]
fn stream_replies_are_those_of_redis() {
    let mut bench = Bench::new();
    let commands = bench.replay(TRANSCRIPT);
    assert!(commands >= 300, "{commands} commands");
}

#[test]
fn change_of_a_stream_gives_a_new_revision() {
    let mut bench = Bench::new();
    bench.run("XGROUP CREATE s g 0 MKSTREAM");
    for (line, changes) in [
        ("XADD s 1-0 a 1", true),
        ("XADD s 1-0 a 1", false),
        ("XADD s 2-0 a 1", true),
        ("XGROUP CREATE s g 0", false),
        ("XGROUP CREATE s h 0", true),
        ("XGROUP SETID s h 0", true),
        ("XGROUP CREATECONSUMER s h c", true),
        ("XGROUP CREATECONSUMER s h c", false),
        ("XREADGROUP GROUP nosuch c STREAMS s >", false),
        ("XREADGROUP GROUP g c STREAMS s >", true),
        ("XREADGROUP GROUP g c STREAMS s >", true),
        ("XACK s g 9-9", false),
        ("XACK s g 1-0", true),
        ("XCLAIM s g d 0 2-0", true),
        ("XAUTOCLAIM s g d 0 0", true),
        ("XCLAIM s g d 0 2-0 FOO", false),
        ("XDEL s 9-9", false),
        ("XDEL s 2-0", true),
        ("XTRIM s MAXLEN 5", false),
        ("XTRIM s MAXLEN 0", true),
        ("XSETID s 5", true),
        ("XSETID s 1", false),
        ("XGROUP DELCONSUMER s g nosuch", false),
        ("XGROUP DELCONSUMER s g c", true),
        ("XGROUP DESTROY s nosuch", false),
        ("XGROUP DESTROY s h", true),
        ("XRANGE s - +", false),
        ("XREAD STREAMS s 0", false),
    ] {
        let before = bench.revision("s");
        bench.run(line);
        assert_eq!(before != bench.revision("s"), changes, "{line}");
    }
}

#[test]
fn resp3_shows_streams_as_maps() {
    let mut bench = Bench::new();
    bench.run("XADD s 1-0 a 1");
    bench.run("XGROUP CREATE s g 0");
    for (line, reply) in [
        ("XREAD STREAMS s 0", "%1 $1 s *1 *2 $3 1-0 *2 $1 a $1 1"),
        ("XREAD STREAMS s $", "_"),
        ("XREADGROUP GROUP g c STREAMS s >", "%1 $1 s *1 *2 $3 1-0 *2 $1 a $1 1"),
        ("XREADGROUP GROUP g c STREAMS s >", "_"),
        ("XRANGE s - +", "*1 *2 $3 1-0 *2 $1 a $1 1"),
        ("XRANGE s - + COUNT 0", "_"),
        ("XADD absent NOMKSTREAM * a 1", "_"),
        ("XPENDING s g", "*4 :1 $3 1-0 $3 1-0 *1 *2 $1 c $1 1"),
        ("XACK s g 1-0", ":1"),
        ("XPENDING s g", "*4 :0 _ _ _"),
        (
            "XINFO GROUPS s",
            "*1 %6 $4 name $1 g $9 consumers :1 $7 pending :0 $17 last-delivered-id $3 1-0 $12 entries-read :1 $3 lag :0",
        ),
        ("XINFO CONSUMERS s g", "*1 %4 $4 name $1 c $7 pending :0 $4 idle :0 $8 inactive :0"),
    ] {
        assert_eq!(bench.text3(line), reply, "{line}");
    }
}

#[test]
fn times_of_consumers_and_deliveries_are_of_the_cluster() {
    let mut bench = Bench::new();
    let begun = bench.now_ms;
    bench.run("XADD s 1-0 a 1");
    bench.run("XADD s 2-0 a 1");
    bench.run("XGROUP CREATE s g 0");
    bench.run("XREADGROUP GROUP g c COUNT 1 STREAMS s >");
    bench.now_ms += 100;
    assert_eq!(bench.text("XPENDING s g - + 9"), "*1 *4 $3 1-0 $1 c :100 :1");
    assert_eq!(bench.text("XPENDING s g IDLE 101 - + 9"), "*0");
    assert_eq!(bench.text("XPENDING s g IDLE 100 - + 9"), "*1 *4 $3 1-0 $1 c :100 :1");
    // Seen, and not active: there is nothing for it.
    bench.run("XCLAIM s g c 1000 1-0");
    bench.now_ms += 7;
    assert_eq!(bench.text("XINFO CONSUMERS s g"), "*1 *8 $4 name $1 c $7 pending :1 $4 idle :7 $8 inactive :107");
    assert_eq!(bench.text("XAUTOCLAIM s g d 108 0"), "*3 $3 0-0 *0 *0");
    assert_eq!(bench.text("XAUTOCLAIM s g d 107 0 JUSTID"), "*3 $3 0-0 *1 $3 1-0 *0");
    assert_eq!(bench.text("XPENDING s g - + 9"), "*1 *4 $3 1-0 $1 d :0 :1");
    bench.run("XCLAIM s g c 0 1-0 IDLE 30 RETRYCOUNT 5");
    assert_eq!(bench.text("XPENDING s g - + 9"), "*1 *4 $3 1-0 $1 c :30 :5");
    bench.run(&format!("XCLAIM s g c 0 1-0 TIME {begun} JUSTID"));
    assert_eq!(bench.text("XPENDING s g - + 9"), "*1 *4 $3 1-0 $1 c :107 :5");
    bench.now_ms += 1;
    bench.run("XREADGROUP GROUP g c STREAMS s 0");
    assert_eq!(bench.text("XPENDING s g - + 9"), "*1 *4 $3 1-0 $1 c :0 :6");
    // Without a list of what is pending nobody becomes active.
    bench.run("XREADGROUP GROUP g e NOACK STREAMS s >");
    let consumers = bench.text("XINFO CONSUMERS s g");
    assert!(consumers.ends_with("$1 e $7 pending :0 $4 idle :0 $8 inactive :-1"), "{consumers}");
}

#[test]
fn chunks_end_by_the_options_and_rough_trims_remove_whole_ones() {
    let mut bench = Bench::new();
    let add = |bench: &mut Bench, count: usize| (0..count).for_each(|_| drop(bench.run("XADD s * field value")));
    add(&mut bench, 250);
    assert_eq!(bench.text("XTRIM s MAXLEN ~ 200"), ":0");
    assert_eq!(bench.text("XTRIM s MAXLEN ~ 150"), ":100");
    assert_eq!(bench.text("XTRIM s MAXLEN ~ 0 LIMIT 99"), ":0");
    bench.state.options.stream_chunk_entries_max = 10;
    add(&mut bench, 25);
    assert_eq!(bench.text("XTRIM s MAXLEN ~ 35"), ":100");
    assert_eq!(bench.text("XLEN s"), ":75");
    assert_eq!(bench.text("XTRIM s MAXLEN ~ 20"), ":50");
    assert_eq!(bench.text("XTRIM s MAXLEN ~ 5 LIMIT 10"), ":10");
    bench.state.options.stream_chunk_entries_max = 0;
    bench.state.options.stream_chunk_bytes_max = 100;
    bench.run("XTRIM s MAXLEN 0");
    add(&mut bench, 20);
    let info = bench.text("XINFO STREAM s");
    assert!(info.contains("$15 radix-tree-keys :4 "), "{info}");
}

#[test]
fn stream_commands_say_what_they_do() {
    let mut bench = Bench::new();
    bench.run("XGROUP CREATE s g 0 MKSTREAM");
    for _ in 0..1500 {
        bench.run("XADD s * field value");
    }
    let first = bench.text("XRANGE s - + COUNT 1").split(' ').nth(3).unwrap().to_owned();
    for line in
        ["XADD s * a b", "XLEN s", "XRANGE s - + COUNT 1", "XREVRANGE s + - COUNT 1", "XREAD COUNT 1 STREAMS s 0"]
    {
        let (reply, units) = bench.work(line);
        assert!(!reply.is_error() && units <= 1_000, "{line}: {units}");
    }
    for line in [&format!("XDEL s {first}"), "XREADGROUP GROUP g c COUNT 1 STREAMS s >", "XTRIM s MAXLEN ~ 1300"] {
        let (reply, units) = bench.work(line);
        assert!(!reply.is_error() && (10..=2_000).contains(&units), "{line}: {units}");
    }
    for line in [
        "XRANGE s - +",
        "XREAD STREAMS s 0",
        "XREADGROUP GROUP g c STREAMS s >",
        "XINFO STREAM s FULL COUNT 0",
        "XAUTOCLAIM s g d 0 0 COUNT 5000",
        "XGROUP DELCONSUMER s g d",
    ] {
        let (reply, units) = bench.work(line);
        assert!(!reply.is_error() && units >= 10_000, "{line}: {units}");
    }
}

/// The first entry is the dearest one to look at.
#[test]
fn deliveries_and_lags_look_at_the_first_entry_once() {
    let mut bench = Bench::new();
    for group in 0..50 {
        bench.run(&format!("XGROUP CREATE s {group} 0 MKSTREAM"));
    }
    for ms in 1..=350 {
        bench.run(&format!("XADD s {ms}-0 a 1"));
    }
    // Each of these makes one more of a chunk worth a look: gone at its start, in the middle, and the last one.
    for (id, of) in [("1-0", 349), ("200-0", 348), ("350-0", 347)] {
        bench.run(&format!("XDEL s {id}"));
        bench.run("XGROUP SETID s 0 0");
        let mut chunks =
            |line: &str| steps(Step::Chunk, || bench.text(line)) - steps(Step::Chunk, || bench.text("XLEN s"));
        let delivered = chunks("XREADGROUP GROUP 0 c STREAMS s >");
        assert!(delivered < 20, "{delivered}, without {id}");
        let shown = chunks("XINFO GROUPS s") + chunks("XINFO STREAM s FULL COUNT 1");
        assert!(shown < 20, "{shown}, without {id}");
        assert_eq!(bench.text("XPENDING s 0").split(' ').nth(1), Some(format!(":{of}").as_str()));
        bench.run("XGROUP DELCONSUMER s 0 c");
    }
}

#[test]
fn claims_copy_no_entries_but_those_that_are_shown() {
    let mut bench = Bench::new();
    bench.run("XGROUP CREATE s g 0 MKSTREAM");
    for ms in 1..=20 {
        bench.run(&format!("XADD s {ms}-0 a 1"));
    }
    bench.run("XREADGROUP GROUP g c COUNT 10 STREAMS s >");
    bench.run("XDEL s 2-0");
    for (line, shown) in [
        ("XAUTOCLAIM s g d 1000 0", 0),
        ("XAUTOCLAIM s g d 0 0 JUSTID", 0),
        ("XAUTOCLAIM s g d 0 3-0 COUNT 4", 4),
        ("XCLAIM s g c 1000 3-0 4-0", 0),
        ("XCLAIM s g c 0 11-0 12-0", 0),
        ("XCLAIM s g c 0 3-0 4-0 JUSTID", 0),
        ("XCLAIM s g c 0 11-0 12-0 JUSTID FORCE", 0),
        ("XCLAIM s g c 0 2-0 3-0 4-0", 2),
    ] {
        assert_eq!(steps(Step::Entry, || bench.run(line)), shown, "{line}");
    }
}

/// 1000 entries with one field, one with 300, of which all others know nothing, and 1000 with one again.
fn with_one_large() -> Bench {
    let mut bench = Bench::new();
    let small =
        |bench: &mut Bench, first: u64| (0..1000).for_each(|n| drop(bench.run(&format!("XADD s {} a 1", first + n))));
    small(&mut bench, 1000);
    let fields: String = (0..300).map(|n| format!(" field-{n} value-{n}")).collect();
    bench.run(&format!("XADD s 5000{fields}"));
    small(&mut bench, 6000);
    bench.run("XGROUP CREATE s g 0");
    bench.run("XGROUP CREATE s h 4999");
    bench.run("XREADGROUP GROUP g c STREAMS s >");
    bench
}

#[test]
fn what_commands_say_of_entries_is_of_the_chunks_in_which_they_stand() {
    for (line, least, of_small) in [
        ("XRANGE s @ @", 5_000, true),
        ("XREVRANGE s @ @", 5_000, true),
        ("XRANGE s @ + COUNT 1", 5_000, true),
        ("XREVRANGE s @ - COUNT 1", 5_000, true),
        ("XREAD COUNT 1 STREAMS s <", 5_000, true),
        ("XREADGROUP GROUP h c COUNT 1 STREAMS s >", 5_000, false),
        ("XREADGROUP GROUP g c COUNT 1 STREAMS s <", 5_000, true),
        ("XCLAIM s g d 0 @", 5_000, true),
        ("XCLAIM s g d 0 @ JUSTID", 1_000, true),
        ("XAUTOCLAIM s g d 0 @ COUNT 1", 5_000, true),
        ("XAUTOCLAIM s g d 0 @ COUNT 1 JUSTID", 1_000, true),
        ("XDEL s @", 2_000, true),
    ] {
        let mut bench = with_one_large();
        let mut said = |id: u64| {
            let line = line.replace('@', &id.to_string());
            let (reply, units) = bench.work(&line.replace('<', &(id - 1).to_string()));
            assert!(!reply.is_error(), "{line}: {reply:?}");
            units
        };
        if of_small {
            let small = said(1001);
            assert!((100..3_000).contains(&small), "{line}: {small}");
        }
        let large = said(5000);
        assert!(large >= least, "{line}: {large}");
    }
}

#[test]
fn what_commands_say_of_several_entries_is_the_sum() {
    let mut bench = with_one_large();
    for (one, several) in [
        ("XRANGE s - + COUNT 500", "XRANGE s - +"),
        ("XREADGROUP GROUP g c COUNT 100 STREAMS s 0", "XREADGROUP GROUP g c COUNT 500 STREAMS s 0"),
        ("XREAD COUNT 100 STREAMS s 0", "XREAD COUNT 100 STREAMS s s s s 0 0 0 0"),
        ("XCLAIM s g d 0 1001", "XCLAIM s g d 0 1001 1001 1002 1002"),
        ("XAUTOCLAIM s g d 0 0 COUNT 50", "XAUTOCLAIM s g d 0 0 COUNT 200"),
        // Of those that are too young ten are looked at for each.
        ("XAUTOCLAIM s g d 0 0 COUNT 10", "XAUTOCLAIM s g d 9999 0 COUNT 10"),
        ("XDEL s 1", "XDEL s 1 2 3 4"),
    ] {
        let (one, sum) = (bench.work(one).1, bench.work(several).1);
        assert!(sum > 3 * one && sum < 100 * one, "{several}: {sum}, and {one} of a part");
    }
    // Every chunk that goes is one more.
    bench.state.options.stream_chunk_entries_max = 1;
    (0..1000).for_each(|_| drop(bench.run("XADD small * a 1")));
    let (few, many) = (bench.work("XTRIM small MAXLEN 900").1, bench.work("XTRIM small MAXLEN 100").1);
    assert!(few > 1_000 && many > 7 * few, "{few}, {many}");
}

#[test]
fn a_command_that_may_not_do_its_work_looks_at_few_chunks_and_changes_nothing() {
    let mut bench = with_one_large();
    for line in [
        "XRANGE s - +",
        "XREVRANGE s + -",
        "XREAD STREAMS s s 0 0",
        "XREADGROUP GROUP g c STREAMS s s 0 0",
        "XREADGROUP GROUP h c STREAMS s >",
        "XAUTOCLAIM s g d 0 0 COUNT 5000",
        "XCLAIM s g d 0 1001 1002 1003 1004 1005 1006 1007 1008",
        "XDEL s 1001 1002 1003 1004 1005 1006 1007 1008",
        "XINFO STREAM s FULL COUNT 0",
    ] {
        let before = bench.state.db(0).get(b"s").unwrap().revision();
        let looks = steps(Step::Chunk, || {
            let (reply, units) = bench.work_within(line, 1_000);
            assert!(reply.is_error() && units > 1_000, "{line}: {units}");
        });
        assert!(looks <= 5, "{line}: {looks} looks");
        assert_eq!(bench.state.db(0).get(b"s").unwrap().revision(), before, "{line}");
    }
}

#[test]
fn groups_that_are_destroyed_are_freed_in_the_background_and_said_by_what_is_pending() {
    for (pending, is_slow) in [(3, false), (2000, true)] {
        let mut bench = Bench::new();
        bench.run("XGROUP CREATE s g 0 MKSTREAM");
        (0..pending).for_each(|_| drop(bench.run("XADD s * a 1")));
        bench.run("XREADGROUP GROUP g c STREAMS s >");
        let args = Args::from_slices(["XGROUP", "DESTROY", "s", "g"]);
        let spec = check(Caller::Client, &args).unwrap();
        let mut effects = Effects::default();
        let mut txn = bench.state.txn(0, Rng::of_command(1, 1), &mut effects).allowed(u64::MAX);
        assert_eq!(call_write(spec, &mut txn, &args).unwrap(), Reply::Int(1));
        let said = txn.worked();
        assert!((pending * 10..pending * 20 + 100).contains(&said), "{said} for {pending}");
        match &effects.garbage[..] {
            [Garbage::Group(group)] => assert!(is_slow && group.pending_len() as u64 == pending),
            garbage => assert!(!is_slow && garbage.is_empty(), "{garbage:?}"),
        }
        assert_eq!(bench.text("XINFO GROUPS s"), "*0");
    }
}

/// As Redis 8.2 documents them.
#[test]
fn entries_are_deleted_with_their_references_or_only_without_any() {
    let mut bench = Bench::new();
    for ms in 1..=6 {
        bench.run(&format!("XADD s {ms}-0 a 1"));
    }
    bench.run("XGROUP CREATE s g 0");
    bench.run("XGROUP CREATE s h 0");
    bench.run("XREADGROUP GROUP g c COUNT 5 STREAMS s >");
    bench.run("XREADGROUP GROUP h c COUNT 4 STREAMS s >");
    bench.run("XACK s h 1-0 2-0");
    bench.run("SET str x");
    for (line, reply) in [
        ("XDELEX s ACKED IDS 3 1-0 5-0 6-0", "*3 :2 :2 :2"),
        ("XACK s g 1-0", ":1"),
        ("XDELEX s IDS 2 1-0 9-0 ACKED", "*2 :1 :2"),
        ("XDELEX s ACKED IDS 1 1-0", "*1 :-1"),
        ("XLEN s", ":5"),
        // The references stay, and then go though the entry is gone.
        ("XDELEX s KEEPREF IDS 2 3-0 3-0", "*2 :1 :-1"),
        ("XPENDING s g", "*4 :4 $3 2-0 $3 5-0 *1 *2 $1 c $1 4"),
        ("XDELEX s ACKED IDS 1 3-0", "*1 :2"),
        ("XDELEX s DELREF IDS 1 3-0", "*1 :-1"),
        ("XPENDING s g", "*4 :3 $3 2-0 $3 5-0 *1 *2 $1 c $1 3"),
        ("XPENDING s h", "*4 :1 $3 4-0 $3 4-0 *1 *2 $1 c $1 1"),
        ("XACKDEL s g ACKED IDS 4 2-0 4-0 4-0 7-0", "*4 :1 :2 :-1 :-1"),
        ("XACKDEL s h ACKED IDS 1 4-0", "*1 :1"),
        ("XRANGE s - +", "*2 *2 $3 5-0 *2 $1 a $1 1 *2 $3 6-0 *2 $1 a $1 1"),
        ("XREADGROUP GROUP h c COUNT 1 STREAMS s >", "*1 *2 $1 s *1 *2 $3 5-0 *2 $1 a $1 1"),
        ("XACKDEL s g DELREF IDS 1 5-0", "*1 :1"),
        ("XPENDING s h", "*4 :0 $-1 $-1 *-1"),
        ("XREADGROUP GROUP h c STREAMS s >", "*1 *2 $1 s *1 *2 $3 6-0 *2 $1 a $1 1"),
        ("XDEL s 6-0", ":1"),
        // It was acknowledged, and is not there.
        ("XACKDEL s h IDS 1 6-0", "*1 :1"),
        ("XACKDEL s h IDS 1 6-0", "*1 :-1"),
        ("XACKDEL s nosuch IDS 1 x", "*1 :-1"),
        ("XACKDEL absent g ACKED IDS 2 x y", "*2 :-1 :-1"),
        ("XDELEX absent IDS 1 x", "*1 :-1"),
        ("XDELEX s IDS 1 x", "-ERR Invalid stream ID specified as stream command argument"),
        ("XACKDEL s g IDS 2 1-0 x", "-ERR Invalid stream ID specified as stream command argument"),
        ("XDELEX str IDS 1 1-0", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("XACKDEL str g IDS 1 1-0", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("XDELEX s IDS 0 1-0", "-ERR Number of IDs must be a positive integer"),
        ("XDELEX s IDS -1 1-0", "-ERR Number of IDs must be a positive integer"),
        ("XDELEX s IDS x 1-0", "-ERR Number of IDs must be a positive integer"),
        ("XDELEX s IDS 2 1-0", "-ERR The `numids` parameter must match the number of arguments"),
        ("XDELEX s IDS 9223372036854775807 1-0", "-ERR The `numids` parameter must match the number of arguments"),
        ("XDELEX s IDS 1 1-0 2-0", "-ERR syntax error"),
        ("XDELEX s KEEPREF ACKED 1-0", "-ERR syntax error"),
        ("XDELEX s KEEPREF KEEPREF IDS 1 1-0", "-ERR syntax error"),
        ("XDELEX s KEEPREF FOO", "-ERR wrong number of arguments for 'xdelex' command"),
        ("XACKDEL s g KEEPREF IDS 1", "-ERR The `numids` parameter must match the number of arguments"),
        ("XACKDEL s IDS ACKED ACKED IDS", "-ERR syntax error"),
    ] {
        assert_eq!(bench.text(line), reply, "{line}");
    }
}

#[test]
fn stream_is_trimmed_with_references_or_only_of_what_nobody_needs() {
    let mut bench = Bench::new();
    let fill = |bench: &mut Bench| {
        bench.run("DEL s");
        for ms in 1..=5 {
            bench.run(&format!("XADD s {ms}-0 a 1"));
        }
        bench.run("XGROUP CREATE s g 0");
        bench.run("XREADGROUP GROUP g c COUNT 4 STREAMS s >");
        bench.run("XACK s g 2-0 3-0");
    };
    let ids = |bench: &mut Bench| {
        let all = bench.text("XRANGE s - +");
        all.split(' ').filter(|word| word.contains('-')).collect::<Vec<_>>().join(" ")
    };
    for (line, reply, left, pending) in [
        ("XTRIM s MAXLEN 1", ":4", "5-0", "1-0 4-0"),
        ("XTRIM s MAXLEN 1 KEEPREF", ":4", "5-0", "1-0 4-0"),
        ("XTRIM s DELREF MAXLEN 1", ":4", "5-0", ""),
        ("XTRIM s MAXLEN ~ 1 DELREF", ":4", "5-0", ""),
        ("XTRIM s MINID 4 DELREF", ":3", "4-0 5-0", "4-0"),
        ("XTRIM s MAXLEN 0 ACKED", ":2", "1-0 4-0 5-0", "1-0 4-0"),
        ("XTRIM s ACKED MAXLEN 4", ":1", "1-0 3-0 4-0 5-0", "1-0 4-0"),
        ("XTRIM s MINID 3 ACKED", ":1", "1-0 3-0 4-0 5-0", "1-0 4-0"),
        ("XTRIM s MAXLEN ~ 0 ACKED LIMIT 2", ":0", "1-0 2-0 3-0 4-0 5-0", "1-0 4-0"),
        ("XADD s ACKED MAXLEN 0 6-0 a 1", "$3 6-0", "1-0 4-0 5-0 6-0", "1-0 4-0"),
        ("XADD s NOMKSTREAM DELREF MAXLEN 1 6-0 a 1", "$3 6-0", "6-0", ""),
        ("XADD s DELREF 6-0 a 1", "$3 6-0", "1-0 2-0 3-0 4-0 5-0 6-0", "1-0 4-0"),
        ("XTRIM s MAXLEN 1 ACKED ACKED", "-ERR syntax error", "1-0 2-0 3-0 4-0 5-0", "1-0 4-0"),
        ("XTRIM s ACKED x", "-ERR syntax error", "1-0 2-0 3-0 4-0 5-0", "1-0 4-0"),
        (
            "XADD s ACKED DELREF * a 1",
            "-ERR Invalid stream ID specified as stream command argument",
            "1-0 2-0 3-0 4-0 5-0",
            "1-0 4-0",
        ),
    ] {
        fill(&mut bench);
        assert_eq!(bench.text(line), reply, "{line}");
        assert_eq!(ids(&mut bench), left, "{line}");
        let held = bench.text("XPENDING s g - + 9");
        let held: Vec<&str> = held.split(' ').filter(|word| word.ends_with("-0")).collect();
        assert_eq!(held.join(" "), pending, "{line}");
    }
    // It goes no further than to the entries that stand together and of which too few would have to go.
    bench.run("DEL s");
    bench.state.options.stream_chunk_entries_max = 3;
    for ms in 1..=5 {
        bench.run(&format!("XADD s {ms}-0 a 1"));
    }
    bench.run("XGROUP CREATE s g 0");
    bench.run("XREADGROUP GROUP g c STREAMS s >");
    bench.run("XACK s g 4-0 5-0");
    assert_eq!(bench.text("XTRIM s MAXLEN 3 ACKED"), ":0");
    assert_eq!(bench.text("XTRIM s MAXLEN 2 ACKED"), ":2");
    // Without groups they change nothing: `~` leaves what stands together.
    bench.run("DEL s");
    bench.run("XADD s 1-0 a 1");
    bench.run("XADD s 2-0 a 1");
    assert_eq!(bench.text("XTRIM s MAXLEN ~ 1 ACKED"), ":0");
    assert_eq!(bench.text("XTRIM s MAXLEN 1 ACKED"), ":1");
}

/// As Redis 8.6 documents them.
#[test]
fn a_message_that_is_sent_again_is_not_added_again() {
    let mut bench = Bench::new();
    let now = bench.now_ms;
    let id = |ms: u64, seq: u64| {
        let id = format!("{ms}-{seq}");
        format!("${} {id}", id.len())
    };
    for (line, reply) in [
        ("XADD s IDMP p 1 * a 1", id(now, 0)),
        ("XADD s IDMP p 1 * a 2", id(now, 0)),
        ("XADD s idmp p 2 * a 1", id(now, 1)),
        ("XADD s IDMP q 1 * a 1", id(now, 2)),
        ("XADD s IDMPAUTO p * a 1 b 2", id(now, 3)),
        ("XADD s IDMPAUTO p * b 2 a 1", id(now, 3)),
        ("XADD s IDMPAUTO p * b 1 a 2", id(now, 4)),
        ("XADD s IDMPAUTO q * a 1 b 2", id(now, 5)),
        // Nothing is trimmed, and what is gone is still known.
        ("XADD s MAXLEN 0 IDMP p 1 * a 1", id(now, 0)),
        ("XLEN s", ":6".into()),
        ("XTRIM s MAXLEN 0", ":6".into()),
        ("XADD s IDMP p 1 * a 1", id(now, 0)),
        ("XLEN s", ":0".into()),
        ("XADD absent NOMKSTREAM IDMP p 1 * a 1", "$-1".into()),
        ("XADD absent NOMKSTREAM IDMP p 1 * a 1", "$-1".into()),
        ("XADD s IDMP p 9 * a 1", id(now, 6)),
        ("XADD s IDMP", "-ERR wrong number of arguments for 'xadd' command".into()),
        ("XADD s IDMP p 9 1-1 a 1", "-ERR syntax error, IDMP/IDMPAUTO can be used only with auto-generated IDs".into()),
        (
            "XADD s IDMPAUTO p 1-* a 1",
            "-ERR syntax error, IDMP/IDMPAUTO can be used only with auto-generated IDs".into(),
        ),
        ("XADD s IDMP p 9 x a 1", "-ERR Invalid stream ID specified as stream command argument".into()),
        ("XADD s IDMP p 9 IDMPAUTO p * a 1", "-ERR syntax error, IDMP/IDMPAUTO specified multiple times".into()),
        ("XADD s IDMP \"\" 9 * a 1", "-ERR syntax error, IDMP requires a non-empty producer ID".into()),
        ("XADD s IDMP p \"\" * a 1", "-ERR syntax error, IDMP requires a non-empty idempotent ID".into()),
        ("XADD s IDMPAUTO \"\" * a 1", "-ERR syntax error, IDMPAUTO requires a non-empty producer ID".into()),
        ("XTRIM s MAXLEN 1 IDMPAUTO p", "-ERR syntax error".into()),
    ] {
        assert_eq!(bench.text(line), reply, "{line}");
    }
    let fields = "idmp-duration :100 $12 idmp-maxsize :100 $12 pids-tracked :2 $12 iids-tracked :7 $10 iids-added :7 $15 \
                  iids-duplicates :4";
    for line in ["XINFO STREAM s", "XINFO STREAM s FULL"] {
        let shown = bench.text(line);
        assert!(shown.contains(fields), "{line}: {shown}");
    }
    bench.run("XADD plain * a 1");
    assert!(!bench.text("XINFO STREAM plain").contains("idmp"), "as in Redis 7.2");
    // Through COPY and RENAME; a payload does not have them.
    bench.run("COPY s copy");
    bench.run("RENAME copy moved");
    assert_eq!(bench.text("XADD moved IDMP q 1 * a 1"), id(now, 2));
    let crate::protocol::Reply::Bulk(payload) = bench.run("DUMP s") else { panic!("no payload") };
    let restore = [&b"RESTORE"[..], b"restored", b"0", &payload];
    assert_eq!(bench.run_args(&Args::from_slices(restore)), Reply::Ok);
    assert_eq!(bench.text("XADD restored IDMP q 1 * a 1"), id(now, 7));
}

#[test]
fn ids_of_producers_are_known_for_their_time_and_only_the_last_ones() {
    let mut bench = Bench::new();
    let len = |bench: &mut Bench| bench.int("XLEN s");
    bench.run("XADD s IDMP p 1 * a 1");
    bench.now_ms += 100_000;
    bench.run("XADD s IDMP p 1 * a 1");
    assert_eq!(len(&mut bench), 1, "just not over");
    bench.now_ms += 1;
    bench.run("XADD s IDMP p 1 * a 1");
    assert_eq!(len(&mut bench), 2);
    for (line, reply) in [
        ("XCFGSET s IDMP-DURATION 1 IDMP-MAXSIZE 2", "+OK"),
        ("XADD s IDMP p a * a 1", ""),
        ("XADD s IDMP p b * a 1", ""),
        ("XADD s IDMP p c * a 1", ""),
        ("XADD s IDMP p b * a 1", ""),
        ("XADD s IDMP p c * a 1", ""),
        ("XLEN s", ":5"),
        ("XADD s IDMP p a * a 1", ""),
        ("XLEN s", ":6"),
        // The same terms forget nothing, others do.
        ("XCFGSET s idmp-maxsize 2", "+OK"),
        ("XADD s IDMP p a * a 1", ""),
        ("XLEN s", ":6"),
        ("XCFGSET s IDMP-MAXSIZE 3", "+OK"),
        ("XADD s IDMP p a * a 1", ""),
        ("XLEN s", ":7"),
        ("XCFGSET absent IDMP-MAXSIZE 3", "-ERR no such key"),
        ("XCFGSET s", "-ERR At least one parameter must be specified"),
        ("XCFGSET s IDMP-MAXSIZE", "-ERR syntax error"),
        ("XCFGSET s MAXSIZE 3", "-ERR syntax error"),
        ("XCFGSET s IDMP-MAXSIZE x", "-ERR value is not an integer or out of range"),
        ("XCFGSET s IDMP-MAXSIZE 0", "-ERR IDMP-MAXSIZE must be between 1 and 10000 entries"),
        ("XCFGSET s IDMP-MAXSIZE 10001", "-ERR IDMP-MAXSIZE must be between 1 and 10000 entries"),
        ("XCFGSET s IDMP-DURATION 0", "-ERR IDMP-DURATION must be between 1 and 86400 seconds"),
        ("XCFGSET s IDMP-DURATION 86401", "-ERR IDMP-DURATION must be between 1 and 86400 seconds"),
        ("XCFGSET s IDMP-DURATION 1 IDMP-DURATION 1", "-ERR IDMP-DURATION specified multiple times"),
        ("XCFGSET s IDMP-MAXSIZE 1 IDMP-MAXSIZE 1", "-ERR IDMP-MAXSIZE specified multiple times"),
        ("SET str x", "+OK"),
        ("XCFGSET str IDMP-MAXSIZE 1", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("XADD str IDMP p 1 * a 1", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
    ] {
        let found = bench.text(line);
        assert!(reply.is_empty() && found.starts_with('$') || found == reply, "{line}: {found}");
    }
    bench.now_ms += 1001;
    bench.run("XADD s IDMP p a * a 1");
    assert_eq!(len(&mut bench), 8, "the duration is the stream's own");
    let revision = bench.revision("s");
    bench.run("XCFGSET s IDMP-MAXSIZE 3");
    assert_eq!(bench.revision("s"), revision, "nothing has changed");
}

#[test]
fn the_end_of_an_id_of_a_producer_is_in_the_digest() {
    let digests = [0, 1].map(|swept| {
        let mut bench = Bench::new();
        bench.run("XADD s IDMP p 1 * a 1");
        bench.state.advance_clock(bench.now_ms + 100_001);
        assert_eq!(bench.state.sweep(swept, &mut Effects::default()), swept);
        bench.state.digest.finish(99);
        bench.state.digest.value()
    });
    assert_ne!(digests[0], digests[1]);
}
