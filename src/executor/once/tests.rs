//! ONCE on a state: each command line is an entry of its own.

use crate::command::testing::Bench;
use crate::executor::testing::bench;
use crate::protocol::Reply;

fn once_bench() -> Bench {
    bench()
}

#[test]
fn a_command_runs_the_first_time_and_gets_the_same_reply_again() {
    let mut bench = once_bench();
    bench.run("SET text abc");
    for (line, text) in [
        ("ONCE a INCR n", ":1"),
        ("ONCE b LPUSH l x y", ":2"),
        ("ONCE c SET k v NX PX 1000", "+OK"),
        ("ONCE d SET k w NX", "$-1"),
        ("ONCE e EVAL \"return {redis.call('incr', KEYS[1]), 'x'}\" 1 n", "*2 :2 $1 x"),
        ("ONCE f HSET h f v", ":1"),
        ("ONCE g INCR text", "-ERR value is not an integer or out of range"),
        ("ONCE h LPUSH text x", "-WRONGTYPE Operation against a key holding the wrong kind of value"),
        ("ONCE i GETDEL text", "$3 abc"),
    ] {
        assert_eq!(bench.text(line), text, "{line}");
        bench.run("SET other x");
        assert_eq!(bench.text(line), text, "{line}, again");
    }
    assert_eq!(bench.text("GET n"), "$1 2");
    assert_eq!(bench.text("LLEN l"), ":2");
    assert_eq!(bench.state.once.iter().len(), 9);
}

#[test]
fn a_repeat_changes_nothing() {
    let mut bench = once_bench();
    bench.run("ONCE a SET k v PX 1000");
    let revision = bench.state.db(0).get(b"k").unwrap().revision();
    bench.now_ms += 500;
    bench.run("ONCE a SET k v PX 1000");
    assert_eq!(bench.state.db(0).get(b"k").unwrap().revision(), revision);
    assert_eq!(bench.deadline_ms("k"), Some(bench.now_ms + 500));
    bench.run("DEL k");
    assert_eq!(bench.text("ONCE a SET k v PX 1000"), "+OK");
    assert_eq!(bench.text("EXISTS k"), ":0", "it has run once");
}

#[test]
fn an_id_belongs_to_its_command_and_database() {
    let mut bench = once_bench();
    const ANOTHER: &str = "-ERR this ONCE id belongs to another command";
    bench.run("ONCE a INCRBY n 10");
    for line in
        ["ONCE a INCRBY n 11", "ONCE a INCRBY n1 0", "ONCE a INCRBY n1 \"\"", "ONCE a DEL n", "ONCE a incrby n 10"]
    {
        assert_eq!(bench.text(line), ANOTHER, "{line}");
    }
    bench.db = 1;
    assert_eq!(bench.text("ONCE a INCRBY n 10"), ANOTHER);
    bench.db = 0;
    assert_eq!(bench.text("GET n"), "$2 10");
}

#[test]
fn an_id_is_known_until_its_deadline_by_the_log() {
    let mut bench = once_bench();
    bench.state.options.once_keep_ms = 1000;
    assert_eq!(bench.text("ONCE a INCR n"), ":1");
    bench.now_ms += 1000;
    assert_eq!(bench.text("ONCE a INCR n"), ":1");
    bench.now_ms += 1;
    assert_eq!(bench.text("ONCE a INCR n"), ":2", "due, and not swept yet");
    bench.run("ONCE b INCR n");
    bench.now_ms += 1001;
    bench.state.advance_clock(bench.now_ms);
    let mut effects = crate::store::Effects::default();
    assert_eq!(bench.state.sweep(10, &mut effects), 2);
    assert_eq!((bench.state.once.iter().len(), bench.state.once.bytes()), (0, 0));
    bench.state.validate().unwrap();
}

#[test]
fn beyond_once_bytes_nothing_is_executed() {
    let mut bench = once_bench();
    bench.state.options.once_bytes = 1 << 20;
    let mut refused = 0;
    for id in 0..6000 {
        let reply = bench.text(&format!("ONCE id{id} INCR n"));
        refused += i32::from(reply.starts_with("-LIMIT "));
        assert!(bench.state.once.bytes() <= 1 << 20);
    }
    assert!(refused > 0);
    assert_eq!(bench.text("GET n"), format!("$4 {}", 6000 - refused));
    assert_eq!(bench.text("ONCE id0 INCR n"), ":1", "a repeat needs no room");
}

#[test]
fn a_reply_that_is_too_large_is_not_kept_and_its_command_does_not_run_again() {
    let mut bench = once_bench();
    for (length, is_kept) in [(60_000, true), (70_000, false)] {
        bench.run(&format!("SET k {}", "x".repeat(length)));
        let line = format!("ONCE id{length} GETDEL k");
        let first = bench.text(&line);
        let text = "-ONCE executed before; its reply was too large to keep";
        bench.run("SET k anew");
        assert_eq!(bench.text(&line), if is_kept { &first } else { text }, "{length}");
        assert_eq!(bench.text("GET k"), "$4 anew");
    }
}

#[test]
fn what_has_not_begun_may_be_sent_again() {
    let mut bench = once_bench();
    const SHA: &str = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";
    assert!(bench.text(&format!("ONCE a EVALSHA {SHA} 0")).starts_with("-NOSCRIPT "));
    assert_eq!(bench.text("ONCE a SET k v EX 0"), "-ERR invalid expire time in 'set' command");
    assert_eq!(bench.text("ONCE a SET k"), "-ERR wrong number of arguments for 'set' command");
    assert!(bench.text("ONCE a FOO").starts_with("-ERR unknown command 'FOO'"));
    assert_eq!(bench.state.once.iter().len(), 0);
    assert_eq!(bench.text("ONCE a INCR n"), ":1");
}

#[test]
fn commands_that_may_not_stand_in_once_are_refused() {
    const WAITS: &str = "LOCK.ACQUIRE l a PX 100 WAIT 5";
    let mut bench = once_bench();
    for command in [
        "BLPOP l 0",
        "BLMPOP 0 1 l LEFT",
        "BZMPOP 0 1 z MIN",
        "MULTI",
        "EXEC",
        "ONCE b INCR n",
        "SELECT 1",
        "CONFIG SET x y",
        "WATCH k",
        "SCRIPT LOAD x",
        WAITS,
    ] {
        assert_eq!(bench.text(&format!("ONCE a {command}")), "-ERR this command is not allowed in ONCE", "{command}");
    }
    let id = "x".repeat(128);
    assert_eq!(bench.text(&format!("ONCE {id} INCR n")), ":1");
    assert_eq!(bench.text(&format!("ONCE {id}x INCR n")), "-LIMIT an id of ONCE has at most 128 bytes");
    let in_script = bench.text("EVAL \"return redis.call('once', 'a', 'incr', 'n')\" 0");
    assert!(in_script.contains("not allowed from script"), "{in_script}");
    assert_eq!(bench.text("GET n"), "$1 1");
}

#[test]
fn a_lock_is_acquired_guarded_and_released_once() {
    let mut bench = once_bench();
    let first = bench.text("ONCE a LOCK.ACQUIRE l me PX 10000");
    assert!(first.starts_with("*2 :"), "{first}");
    assert_eq!(bench.text("ONCE b LOCK.ACQUIRE l other PX 10000"), "*-1");
    let token = bench.text("LOCK.TOKEN l").replace(':', "");
    for _ in 0..2 {
        assert_eq!(bench.text(&format!("ONCE c LOCK.GUARD l {token} INCR n")), ":1");
        assert_eq!(bench.text("ONCE d LOCK.RELEASE l me"), ":1");
        assert_eq!(bench.text("ONCE a LOCK.ACQUIRE l me PX 10000"), first, "told again, and not held again");
        assert_eq!(bench.text("LOCK.TOKEN l"), "$-1");
        assert_eq!(bench.text("ONCE b LOCK.ACQUIRE l other PX 10000"), "*-1");
    }
    for inner in ["EVAL x 0", "ONCE e INCR n", "BLPOP k 0"] {
        let refused = bench.text(&format!("ONCE {} LOCK.GUARD l {token} {inner}", inner.len()));
        assert!(refused.contains("not allowed in LOCK.GUARD"), "{refused}");
    }
}

#[test]
fn an_image_and_the_digest_have_what_is_kept() {
    let digest = |id: &str| {
        let mut bench = once_bench();
        bench.run(&format!("ONCE {id} INCR n"));
        (bench.state.digest.value(), bench)
    };
    let (one, mut bench) = digest("a");
    assert_ne!(one, digest("b").0);
    let image = bench.state.image();
    bench.run("ONCE b INCR n");
    assert_eq!(image.once.iter().len(), 1);
    assert_eq!(bench.run("ONCE b INCR n"), Reply::Int(2));
}

#[test]
fn a_read_is_not_kept_and_looks_no_id_up() {
    let mut bench = once_bench();
    for value in [1, 2] {
        bench.run(&format!("SET n {value}"));
        assert_eq!(bench.text("ONCE r GET n"), format!("$1 {value}"));
    }
    assert_eq!(bench.state.once.iter().len(), 0);
    assert_eq!((bench.text("ONCE r INCR n").as_str(), bench.text("ONCE r GET n").as_str()), (":3", "$1 3"));
}

#[test]
fn an_error_that_may_be_tried_again_is_kept_once_something_has_changed() {
    let mut bench = once_bench();
    bench.state.options.lock_holders_max = 1;
    bench.grant("LOCK.ACQUIRE l me PX 1000 SHARED");
    let acquire = "redis.call('lock.acquire', KEYS[1], 'x', 'PX', 9, 'SHARED')";
    // The state knows the script from then on, so that it changes nothing.
    for once in ["", "ONCE a "] {
        assert!(bench.text(&format!("{once}EVAL \"{acquire}\" 1 l")).starts_with("-LIMIT too many"));
    }
    assert_eq!(bench.state.once.iter().len(), 0);
    let changes = format!("ONCE b EVAL \"redis.call('incr', KEYS[2]) {acquire}\" 2 l n");
    let first = bench.text(&changes);
    assert!(first.starts_with("-LIMIT too many"), "{first}");
    assert_eq!((bench.text(&changes), bench.text("GET n")), (first, "$1 1".into()), "it has run once");
}

#[test]
fn what_the_cluster_does_not_know_yet_does_not_run_in_once_either() {
    let mut bench = once_bench();
    bench.state.cluster.level = 2;
    assert!(bench.text("ONCE a LOCK.ACQUIRE l me PX 10").starts_with("-ERR unknown command"));
    assert_eq!(bench.text("ONCE a SET k v IFEQ w"), "-ERR syntax error", "a form of later than the command");
    assert_eq!(bench.state.once.iter().len(), 0);
    bench.state.cluster.level = 3;
    assert!(bench.text("ONCE a LOCK.ACQUIRE l me PX 10").starts_with("*2"));
}

#[test]
fn the_digest_tells_what_is_kept_apart() {
    let digest = |line: &str, keep_ms: u64| {
        let mut bench = once_bench();
        bench.state.options.once_keep_ms = keep_ms;
        bench.run(line);
        bench.state.digest.value()
    };
    let one = digest("ONCE a SET k v", 1000);
    assert_eq!(one, digest("ONCE a SET k v", 1000));
    assert_ne!(one, digest("ONCE a set k v", 1000), "which command the id belongs to");
    assert_ne!(one, digest("ONCE a SET k v", 1001), "how long it is kept");
}
