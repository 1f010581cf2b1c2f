//! The commands of sessions, one entry each.

use crate::command::testing::Bench;

const NO_SESSION: &str = "-NOSESSION the session has ended, or there has been none of this id";

#[test]
fn a_session_lives_while_it_is_kept_alive_and_its_id_is_not_used_again() {
    let mut bench = Bench::new();
    let first = bench.int("SESSION.OPEN PX 100");
    for _ in 0..3 {
        bench.now_ms += 100;
        assert_eq!(bench.int(&format!("SESSION.KEEPALIVE {first}")), 100);
    }
    bench.now_ms += 101;
    for line in ["SESSION.KEEPALIVE", "SESSION.BIND", "LOCK.ACQUIRE l a SESSION"] {
        let key = if line == "SESSION.BIND" { " k" } else { "" };
        assert_eq!(bench.text(&format!("{line} {first}{key}")), NO_SESSION, "{line}: over, though not ended yet");
    }
    assert_eq!(bench.text(&format!("SESSION.INFO {first}")), "$-1");
    assert_eq!((bench.text("SESSION.LIST").as_str(), bench.int(&format!("SESSION.CLOSE {first}"))), ("*0", 0));
    let second = bench.int("SESSION.OPEN NAME worker PX 100");
    assert!(second > first);
    bench.state.sweep(9, &mut crate::store::Effects::default());
    assert_eq!(bench.state.sessions().len(), 1);
    assert!(bench.text("SESSION.LIST").contains("$6 worker"));
    assert_eq!(bench.int(&format!("SESSION.CLOSE {second}")), 0);
    assert_eq!(bench.text(&format!("SESSION.KEEPALIVE {second}")), NO_SESSION);
}

#[test]
fn a_hold_without_a_time_of_its_own_lasts_as_long_as_its_session() {
    let mut bench = Bench::new();
    let id = bench.int("SESSION.OPEN PX 1000");
    bench.now_ms += 400;
    let (token, validity_ms) = bench.grant(&format!("LOCK.ACQUIRE l a SESSION {id}"));
    assert_eq!(validity_ms, 600 - 2, "what the session has left");
    assert_eq!(bench.grant(&format!("LOCK.ACQUIRE m a PX 100 SESSION {id}")).1, 98);
    assert_eq!(bench.grant(&format!("LOCK.ACQUIRE n a PX 100000 SESSION {id}")).1, 598, "no longer than the session");
    bench.int(&format!("SESSION.KEEPALIVE {id}"));
    let left = |bench: &mut Bench| ["l", "m", "n"].map(|name| bench.int(&format!("PTTL {name}")));
    assert_eq!(left(&mut bench), [1000, 100, 1000], "its own deadline is not a later one");
    assert_eq!(bench.grant("LOCK.EXTEND l a PX 5000"), (token, 998), "it goes on as long as its session");
    bench.now_ms += 1000;
    assert_eq!(left(&mut bench), [0, -2, 0]);
    bench.int(&format!("SESSION.KEEPALIVE {id}"));
    bench.now_ms += 1001;
    assert_eq!(left(&mut bench), [-2; 3]);
    bench.run("SET x y");
    assert!(bench.grant("LOCK.ACQUIRE l b PX 10").0 > token);
}

#[test]
fn acquiring_again_binds_anew_and_does_not_shorten_the_hold_s_own_time() {
    let mut bench = Bench::new();
    let [a, b] = [bench.int("SESSION.OPEN PX 1000"), bench.int("SESSION.OPEN PX 2000")];
    let (token, _) = bench.grant(&format!("LOCK.ACQUIRE l o SESSION {a}"));
    assert_eq!(bench.grant(&format!("LOCK.ACQUIRE l o SESSION {b}")), (token, 1997));
    assert_eq!(bench.int(&format!("SESSION.CLOSE {a}")), 0, "it is the other one's now");
    assert_eq!(bench.grant("LOCK.ACQUIRE l o PX 10"), (token, 1997), "what the session had left is its own");
    assert_eq!(bench.int(&format!("SESSION.CLOSE {b}")), 0);
    assert_eq!(bench.int("PTTL l"), 2000);
}

#[test]
fn closing_releases_locks_and_deletes_the_keys_that_are_bound() {
    let mut bench = Bench::new();
    let id = bench.int("SESSION.OPEN PX 1000");
    bench.grant(&format!("LOCK.ACQUIRE l a SESSION {id} DELAY 500"));
    bench.grant(&format!("LOCK.ACQUIRE s a PX 50 SHARED SESSION {id}"));
    bench.grant("LOCK.ACQUIRE s b PX 50 SHARED");
    bench.run("MSET k 1 other 2");
    bench.run("HSET h f v");
    assert_eq!(bench.int(&format!("SESSION.BIND {id} k h k absent")), 2);
    assert_eq!(
        bench.text(&format!("SESSION.BIND {id} k l")),
        "-WRONGTYPE Operation against a key holding the wrong kind of value"
    );
    let info = bench.text(&format!("SESSION.INFO {id}"));
    assert!(info.contains("$5 locks *2 *6 $2 db :0 $4 name $1 l"), "{info}");
    assert!(info.contains("$4 keys *2 *4 $2 db :0 $4 name $1 h *4 $2 db :0 $4 name $1 k"), "{info}");
    let list = bench.text("SESSION.LIST");
    assert!(list.contains("$5 locks :2 $4 keys :2 $7 waiters :0"), "{list}");
    assert_eq!(bench.int(&format!("SESSION.CLOSE {id}")), 4);
    assert_eq!(bench.text("EXISTS l k h"), ":0", "no delay behind a release");
    assert_eq!((bench.text("GET other"), bench.int("LOCK.RELEASE s b")), ("$1 2".into(), 1));
}

#[test]
fn a_key_is_bound_as_long_as_it_exists_and_to_one_session_alone() {
    let mut bench = Bench::new();
    let [a, b] = [bench.int("SESSION.OPEN PX 1000"), bench.int("SESSION.OPEN PX 1000")];
    let bind = |bench: &mut Bench, id: i64, keys: &str| bench.int(&format!("SESSION.BIND {id} {keys}"));
    bench.run("MSET gone 1 moved 1 kept 1 twice 1 old 1 due 1");
    assert_eq!(bind(&mut bench, a, "gone moved kept twice old due"), 6);
    assert_eq!(bind(&mut bench, b, "twice"), 1);
    bench.run("SET kept 2");
    bench.run("DEL gone");
    bench.run("SET gone 2");
    bench.run("RENAME moved old");
    bench.run("SET moved 2");
    bench.run("PEXPIRE due 10");
    bench.now_ms += 11;
    bench.run("SET due 2");
    assert_eq!(bench.int(&format!("SESSION.CLOSE {a}")), 2, "kept, and old, which another value has replaced");
    assert_eq!(bench.text("EXISTS gone moved twice due"), ":4");
    assert_eq!(bench.int(&format!("SESSION.CLOSE {b}")), 1);
    assert_eq!(bench.text("EXISTS twice kept old"), ":0");
}

#[test]
fn databases_that_are_emptied_or_exchanged_keep_the_bindings_of_what_is_there() {
    let mut bench = Bench::new();
    let id = bench.int("SESSION.OPEN PX 1000");
    for db in 0..3 {
        bench.db = db;
        bench.run("SET k v");
        bench.int(&format!("SESSION.BIND {id} k"));
    }
    bench.run("FLUSHDB");
    bench.run("SET k w");
    bench.db = 1;
    bench.run("SWAPDB 1 5");
    bench.run("SET k w");
    assert_eq!(bench.int(&format!("SESSION.CLOSE {id}")), 2, "a session outlives FLUSHDB");
    let mut left = |db: usize| {
        bench.db = db;
        bench.text("EXISTS k")
    };
    assert_eq!([0, 1, 2, 5].map(&mut left), [":0", ":1", ":1", ":0"]);
}

#[test]
fn what_is_bound_to_a_session_that_is_over_is_absent_though_it_has_not_been_ended() {
    let mut bench = Bench::new();
    let id = bench.int("SESSION.OPEN PX 1000");
    bench.run("MSET read 1 written 1 counted 1 replaced 1");
    bench.int(&format!("SESSION.BIND {id} read written counted replaced"));
    bench.now_ms += 1000;
    assert_eq!(bench.text("EXISTS read written counted"), ":3", "in the ms of the deadline it lives");
    bench.now_ms += 1;
    assert_eq!(bench.text("EXISTS read written"), ":0");
    assert_eq!((bench.text("SET written 2 NX"), bench.text("INCR counted")), ("+OK".into(), ":1".into()));
    bench.run("SET replaced 2");
    bench.state.sweep(9, &mut crate::store::Effects::default());
    bench.state.validate().unwrap();
    assert_eq!(bench.text("EXISTS read written counted replaced"), ":3", "what was made since is nobody's");
}

#[test]
fn sessions_and_what_they_hold_are_bounded() {
    let mut bench = Bench::new();
    (bench.state.options.sessions_max, bench.state.options.session_items_max) = (2, 3);
    let id = bench.int("SESSION.OPEN PX 1000");
    bench.int("SESSION.OPEN PX 1000");
    assert_eq!(bench.text("SESSION.OPEN PX 1"), "-LIMIT too many sessions (sessions-max)");
    bench.run("MSET k 1 l 1 m 1");
    const FULL: &str = "-LIMIT the session holds and binds as much as it may (session-items-max)";
    bench.grant(&format!("LOCK.ACQUIRE a o SESSION {id}"));
    assert_eq!(bench.text(&format!("SESSION.BIND {id} k l m")), FULL);
    assert_eq!(bench.int(&format!("SESSION.BIND {id} k l")), 2);
    assert_eq!(bench.text(&format!("LOCK.ACQUIRE b o SESSION {id}")), FULL);
    assert_eq!(bench.text("EXISTS b"), ":0");
    bench.grant(&format!("LOCK.ACQUIRE a o SESSION {id}"));
    assert_eq!(bench.int(&format!("SESSION.BIND {id} l k")), 2, "again is no more");
}

#[test]
fn wrong_arguments_of_sessions_are_refused_with_their_reason() {
    let mut bench = Bench::new();
    let long = "x".repeat(513);
    for (line, text) in [
        ("SESSION.OPEN PX", "-ERR wrong number of arguments for 'session.open' command"),
        ("SESSION.OPEN NAME x", "-ERR syntax error"),
        ("SESSION.OPEN PX 1 NAME", "-ERR syntax error"),
        ("SESSION.OPEN PX 1 PX 2", "-ERR syntax error"),
        ("SESSION.OPEN EX 1", "-ERR syntax error"),
        ("SESSION.OPEN PX x", "-ERR value is not an integer or out of range"),
        ("SESSION.OPEN PX 0", "-ERR invalid expire time in 'session.open' command"),
        ("SESSION.OPEN PX 315360000001", "-LIMIT a session lives for at most 10 years at a time"),
        (&format!("SESSION.OPEN PX 1 NAME {long}"), "-LIMIT the name of a session has at most 512 bytes"),
        ("SESSION.KEEPALIVE x", "-ERR session id is not an integer or out of range"),
        ("SESSION.KEEPALIVE 5", NO_SESSION),
        ("SESSION.KEEPALIVE -5", NO_SESSION),
        ("SESSION.CLOSE x", "-ERR session id is not an integer or out of range"),
        ("SESSION.CLOSE 5", ":0"),
        ("SESSION.INFO 5", "$-1"),
        ("SESSION.INFO x", "-ERR session id is not an integer or out of range"),
        ("SESSION.BIND 5", "-ERR wrong number of arguments for 'session.bind' command"),
        ("SESSION.BIND 5 k", NO_SESSION),
        ("SESSION.LIST", "*0"),
    ] {
        assert_eq!(bench.text(line), text, "{line}");
    }
}

#[test]
fn a_hold_counts_once_for_its_session_from_when_it_is_bound_to_it() {
    let mut bench = Bench::new();
    bench.state.options.session_items_max = 2;
    let id = bench.int("SESSION.OPEN PX 1000");
    bench.grant(&format!("LOCK.ACQUIRE a o SESSION {id}"));
    assert!(!bench.run(&format!("LOCK.MULTI 2 a b o SESSION {id}")).is_error(), "it has one of them");
    const FULL: &str = "-LIMIT the session holds and binds as much as it may (session-items-max)";
    bench.grant("LOCK.ACQUIRE c o PX 1000");
    assert_eq!(bench.text(&format!("LOCK.ACQUIRE c o SESSION {id}")), FULL);
    bench.run("SET k v");
    assert_eq!(bench.text(&format!("SESSION.BIND {id} k")), FULL);
    bench.run("LOCK.RELEASE b o");
    assert_eq!(bench.int(&format!("SESSION.BIND {id} k")), 1);
    bench.state.options.session_items_max = 1;
    assert_eq!(bench.int(&format!("SESSION.BIND {id} k")), 1, "it has it, whatever the bound is now");
}

#[test]
fn a_session_moves_its_own_holds_alone_and_one_that_is_over_releases_nothing() {
    let mut bench = Bench::new();
    let id = bench.int("SESSION.OPEN PX 1000");
    bench.grant(&format!("LOCK.ACQUIRE s a SHARED SESSION {id}"));
    bench.grant("LOCK.ACQUIRE s b SHARED PX 5000");
    bench.now_ms += 500;
    bench.int(&format!("SESSION.KEEPALIVE {id}"));
    assert_eq!(bench.int("PTTL s"), 4500, "the other hold goes on as long as it did");
    bench.now_ms += 1001;
    assert_eq!(bench.int(&format!("SESSION.CLOSE {id}")), 0);
    let history = bench.text("LOCK.HISTORY s COUNT 1");
    assert!(!history.contains("released"), "{history}");
}

#[test]
fn what_sessions_may_do_is_counted_by_what_they_have() {
    let mut bench = Bench::new();
    let [few, many] = [bench.int("SESSION.OPEN PX 1000"), bench.int("SESSION.OPEN PX 1000")];
    (0..50).for_each(|n| _ = bench.grant(&format!("LOCK.ACQUIRE l{n} o SESSION {many}")));
    for line in ["SESSION.KEEPALIVE", "SESSION.CLOSE"] {
        let units = [few, many].map(|id| bench.work(&format!("{line} {id}")).1);
        assert!(units[1] >= units[0] + 50 * crate::store::ELEMENT_UNITS, "{line}: {units:?}");
    }
    let id = bench.int("SESSION.OPEN PX 1000");
    let units = ["k", "k1 k2 k3 k4 k5"].map(|keys| bench.work(&format!("SESSION.BIND {id} {keys}")).1);
    assert!(units[1] >= units[0] + 4 * crate::store::ELEMENT_UNITS, "{units:?}");
}

/// Two states that differ in this alone have to be told apart.
#[test]
fn all_that_sessions_and_locks_leave_is_in_the_digest() {
    let digest = |line: &str, later_ms: u64| {
        let mut bench = Bench::new();
        let [a, b] = [bench.int("SESSION.OPEN PX 1000"), bench.int("SESSION.OPEN PX 1000")];
        bench.run("MSET k 1 h 1");
        bench.grant("LOCK.ACQUIRE held o PX 1000");
        bench.now_ms += later_ms;
        bench.run(&line.replace("{a}", &a.to_string()).replace("{b}", &b.to_string()));
        bench.state.digest.value()
    };
    for [one, other] in [
        ["SESSION.OPEN PX 100", "SESSION.OPEN PX 200"],
        ["SESSION.OPEN PX 100 NAME a", "SESSION.OPEN PX 100 NAME b"],
        ["SESSION.KEEPALIVE {a}", "SESSION.KEEPALIVE {b}"],
        ["SESSION.BIND {a} k", "SESSION.BIND {a} h"],
        ["SESSION.BIND {a} k", "SESSION.BIND {b} k"],
        ["SESSION.CLOSE {a}", "SESSION.CLOSE {b}"],
        ["LOCK.ACQUIRE l a PX 100", "LOCK.ACQUIRE l b PX 100"],
        ["LOCK.ACQUIRE held o PX 5 DELAY 10", "LOCK.ACQUIRE held o PX 5 DELAY 20"],
    ] {
        assert_eq!(digest(one, 0), digest(one, 0), "{one}");
        assert_ne!(digest(one, 0), digest(other, 0), "{one}, or {other}");
    }
    assert_ne!(digest("SESSION.KEEPALIVE {a}", 0), digest("SESSION.KEEPALIVE {a}", 7), "until when it lives");
    let mut bench = Bench::new();
    bench.grant("LOCK.ACQUIRE l o PX 1000 DELAY 50");
    bench.run("LOCK.BREAK l");
    let before = bench.state.digest.mark();
    bench.now_ms += 51;
    bench.state.advance_clock(bench.now_ms);
    assert_eq!(bench.state.sweep(9, &mut crate::store::Effects::default()), 1);
    assert_ne!(bench.state.digest.mark(), before, "the end of a delay takes the key");
}
