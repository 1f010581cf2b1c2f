//! The commands of locks, one entry each.

use crate::command::testing::Bench;
use crate::protocol::Reply;

const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value";

#[test]
fn one_owner_at_a_time_holds_a_lock_until_its_deadline_is_over() {
    let mut bench = Bench::new();
    let (first, validity_ms) = bench.grant("LOCK.ACQUIRE l a PX 30000");
    assert_eq!(validity_ms, 30000 - 30 - 1, "less a thousandth, less 1 ms");
    assert_eq!(bench.text("LOCK.ACQUIRE l b EX 1"), "*-1");
    assert_eq!((bench.text("TYPE l").as_str(), bench.text("PTTL l").as_str()), ("+lock", ":30000"));
    assert_eq!(bench.text("OBJECT ENCODING l"), "$5 holds");
    bench.now_ms += 30000;
    assert_eq!(bench.text("LOCK.ACQUIRE l b PX 1"), "*-1", "in the ms of the deadline it is held");
    assert_eq!(bench.text(&format!("LOCK.CHECK l {first}")), ":1");
    bench.now_ms += 1;
    assert_eq!(bench.text(&format!("LOCK.CHECK l {first}")), ":0");
    let (second, validity_ms) = bench.grant("LOCK.ACQUIRE l b PX 1");
    assert!(second > first);
    assert_eq!(validity_ms, 0, "nothing is certain of so little");
}

#[test]
fn acquiring_again_and_extending_keep_the_token_and_the_later_deadline() {
    let mut bench = Bench::new();
    let (token, _) = bench.grant("LOCK.ACQUIRE l a PX 1000");
    assert_eq!(bench.grant("LOCK.ACQUIRE l a PX 10"), (token, 998));
    bench.now_ms += 500;
    assert_eq!(bench.grant("LOCK.EXTEND l a PX 10"), (token, 498));
    assert_eq!(bench.grant(&format!("LOCK.EXTEND l a EX 2 {token}")), (token, 1997));
    assert_eq!(bench.grant("LOCK.ACQUIRE l a PX 3000"), (token, 2996));
    assert_eq!(bench.deadline_ms("l"), Some(bench.now_ms + 3000));
    let other = format!("LOCK.EXTEND l a PX 10 {}", token + 1);
    for line in ["LOCK.EXTEND l b PX 10", &other, "LOCK.EXTEND absent a PX 10"] {
        assert_eq!(bench.text(line), "*-1", "{line}");
    }
}

#[test]
fn release_takes_owner_and_token_and_is_safe_to_repeat() {
    let mut bench = Bench::new();
    let (token, _) = bench.grant("LOCK.ACQUIRE l a PX 1000");
    for (line, text) in [
        ("LOCK.RELEASE l b".to_owned(), ":0"),
        (format!("LOCK.RELEASE l a {}", token + 1), ":0"),
        (format!("LOCK.RELEASE l b {token}"), ":0"),
        (format!("LOCK.RELEASE l a {token}"), ":1"),
        (format!("LOCK.RELEASE l a {token}"), ":0"),
        ("EXISTS l".to_owned(), ":0"),
    ] {
        assert_eq!(bench.text(&line), text, "{line}");
    }
    let (next, _) = bench.grant("LOCK.ACQUIRE l a PX 1000");
    assert_eq!(bench.text(&format!("LOCK.RELEASE l a {token}")), ":0", "a repeat that comes late ends no later hold");
    assert!(next > token);
}

#[test]
fn holds_of_one_mode_go_together_up_to_the_limit() {
    let mut bench = Bench::new();
    bench.grant("LOCK.ACQUIRE s a PX 1000 SHARED");
    bench.grant("LOCK.ACQUIRE s b PX 2000 SHARED");
    assert_eq!(bench.text("LOCK.ACQUIRE s c PX 1000"), "*-1");
    bench.grant("LOCK.ACQUIRE n a PX 1000 LIMIT 2");
    bench.grant("LOCK.ACQUIRE n b LIMIT 2 PX 1000");
    assert_eq!(bench.text("LOCK.ACQUIRE n c PX 1000 LIMIT 2"), "*-1");
    for line in ["LOCK.ACQUIRE n c PX 1 LIMIT 3", "LOCK.ACQUIRE n c PX 1", "LOCK.ACQUIRE n c PX 1 SHARED"] {
        assert_eq!(bench.text(line), "-ERR the lock is held with another LIMIT", "{line}");
    }
    assert_eq!(bench.text("LOCK.ACQUIRE s a PX 1000"), "-ERR the owner holds the lock in another mode");
    // One hold ends by itself while the lock is there.
    bench.now_ms += 1001;
    assert_eq!(bench.text("LOCK.RELEASE s a"), ":0");
    assert_eq!(bench.text("LOCK.RELEASE s b"), ":1");
    bench.grant("LOCK.ACQUIRE s c PX 1000");
}

#[test]
fn holders_beyond_the_bound_are_refused() {
    let mut bench = Bench::new();
    bench.state.options.lock_holders_max = 2;
    for owner in ["a", "b"] {
        bench.grant(&format!("LOCK.ACQUIRE l {owner} PX 1000 SHARED"));
    }
    assert_eq!(bench.text("LOCK.ACQUIRE l c PX 1 SHARED"), "-LIMIT too many hold this lock (lock-holders-max)");
    bench.grant("LOCK.ACQUIRE l a PX 1000 SHARED");
}

#[test]
fn token_is_the_highest_that_is_held() {
    let mut bench = Bench::new();
    bench.grant("LOCK.ACQUIRE l a PX 2000 SHARED");
    let (second, _) = bench.grant("LOCK.ACQUIRE l b PX 1000 SHARED");
    bench.run("LOCK.EXTEND l a PX 3000");
    assert_eq!(bench.run("LOCK.TOKEN l"), Reply::Int(second));
    assert_eq!(bench.text("LOCK.TOKEN l a"), "$-1");
    bench.state.cluster.level = 3;
    bench.put_hash("h");
    assert!(matches!(bench.run("LOCK.TOKEN h"), Reply::Int(_)), "since level 3 any value has one");
}

#[test]
fn guard_runs_a_command_for_the_holder_alone() {
    let mut bench = Bench::new();
    bench.state.cluster.level = 3;
    let (token, _) = bench.grant("LOCK.ACQUIRE l a PX 1000");
    for (line, text) in [
        (format!("LOCK.GUARD l {token} SET k v"), "+OK"),
        (format!("LOCK.GUARD l {token} GET k"), "$1 v"),
        (
            format!("LOCK.GUARD l {} SET k w", token - 1),
            "-FENCED the lock is not held with this token; the command was not executed",
        ),
        (format!("LOCK.GUARD l {token} INCR k"), "-ERR value is not an integer or out of range"),
        (format!("LOCK.GUARD l {token} NOPE"), "-ERR unknown command 'NOPE', with args beginning with:"),
        (format!("LOCK.GUARD l {token} GET"), "-ERR wrong number of arguments for 'get' command"),
        (format!("LOCK.GUARD l {token} EVAL x 0"), "-ERR 'eval' is not allowed in LOCK.GUARD"),
        (format!("LOCK.GUARD l {token} EXEC"), "-ERR 'exec' is not allowed in LOCK.GUARD"),
        (format!("LOCK.GUARD l {token} BLPOP k 0"), "-ERR 'blpop' is not allowed in LOCK.GUARD"),
        (format!("LOCK.GUARD l {token} BLMPOP 0 1 k LEFT"), "-ERR 'blmpop' is not allowed in LOCK.GUARD"),
        (format!("LOCK.GUARD l {token} LOCK.GUARD l {token} GET k"), "-ERR 'lock.guard' is not allowed in LOCK.GUARD"),
        (
            format!("LOCK.GUARD l {token} LOCK.ACQUIRE m b PX 10 WAIT 5"),
            "-ERR 'lock.acquire' is not allowed in LOCK.GUARD",
        ),
        (format!("LOCK.GUARD l {token} SET l x"), WRONG_TYPE),
        (format!("LOCK.GUARD l {token} LOCK.RELEASE l a"), ":1"),
        ("GET k".to_owned(), "$1 v"),
    ] {
        assert_eq!(bench.text(&line), text, "{line}");
    }
}

#[test]
fn what_is_not_made_for_locks_leaves_them_alone() {
    let mut bench = Bench::new();
    let (token, _) = bench.grant("LOCK.ACQUIRE l a PX 100000");
    bench.run("SET k v");
    for line in [
        "SET l x",
        "SETNX l x",
        "SET l x NX",
        "GETSET l x",
        "MSET k v l v",
        "MSETNX l v",
        "APPEND l x",
        "GETDEL l",
        "GETEX l PERSIST",
        "RENAME l k",
        "RENAME k l",
        "RENAMENX k l",
        "COPY l x",
        "COPY k l",
        "COPY k l REPLACE",
        "MOVE l 1",
        "EXPIRE l 100",
        "PEXPIREAT l 1",
        "PERSIST l",
        "RPUSH l x",
        "HSET l f v",
        "ZADD l 1 m",
        "ZRANGESTORE l z 0 1",
        "GET l",
    ] {
        assert_eq!(bench.text(line), WRONG_TYPE, "{line}");
    }
    bench.db = 1;
    bench.run("SET l v");
    assert_eq!(bench.text("COPY l l DB 0 REPLACE"), WRONG_TYPE);
    bench.db = 0;
    assert!(bench.text("SWAPDB 0 1").starts_with("-ERR SWAPDB is not possible"));
    assert_eq!(bench.text(&format!("LOCK.CHECK l {token}")), ":1");
    assert_eq!((bench.text("GET k").as_str(), bench.text("DEL l").as_str()), ("$1 v", ":1"));
    assert_eq!(bench.text("SWAPDB 0 1"), "+OK");
    bench.run("SET s v");
    for line in ["LOCK.ACQUIRE s a PX 1", "LOCK.RELEASE s a", "LOCK.EXTEND s a PX 1", "LOCK.INFO s", "LOCK.BREAK s"] {
        assert_eq!(bench.text(line), WRONG_TYPE, "{line}");
    }
}

#[test]
fn info_shows_holders_and_break_ends_them() {
    let mut bench = Bench::new();
    let (first, _) = bench.grant("LOCK.ACQUIRE l a PX 100 SHARED");
    let (second, _) = bench.grant("LOCK.ACQUIRE l b PX 300 SHARED");
    bench.now_ms += 40;
    let holder = |owner: &str, token: i64, left_ms: i64| {
        format!("*10 $5 owner $1 {owner} $5 token :{token} $6 ttl_ms :{left_ms} $7 session $-1 $6 client $-1")
    };
    let head = "*10 $4 mode $6 shared $5 limit :0 $8 delay_ms :0 $7 holders";
    let both = format!("{head} *2 {} {} $7 waiters *0", holder("a", first, 60), holder("b", second, 260));
    assert_eq!(bench.text("LOCK.INFO l"), both);
    bench.now_ms += 61;
    assert_eq!(bench.text("LOCK.INFO l"), format!("{head} *1 {} $7 waiters *0", holder("b", second, 199)));
    assert_eq!(bench.text("LOCK.BREAK l a"), ":0");
    bench.grant("LOCK.ACQUIRE l c PX 300 SHARED");
    assert_eq!(bench.text("LOCK.BREAK l b"), ":1");
    bench.grant("LOCK.ACQUIRE l d PX 300 SHARED");
    assert_eq!(bench.text("LOCK.BREAK l"), ":2");
    assert_eq!(bench.text("LOCK.INFO l"), "$-1");
}

/// The events of LOCK.HISTORY, newest first.
fn history(bench: &mut Bench, line: &str) -> Vec<(String, String, i64, i64)> {
    let Reply::Array(events) = bench.run(line) else { panic!("{line}") };
    let shown = |event: Reply| match event {
        Reply::Map(fields) => match &fields[..] {
            [(_, Reply::Bulk(event)), (_, Reply::Bulk(owner)), (_, Reply::Int(token)), (_, Reply::Int(time_ms))] => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                (text(event), text(owner), *token, *time_ms)
            }
            _ => panic!("{fields:?}"),
        },
        other => panic!("{other:?}"),
    };
    events.into_iter().map(shown).collect()
}

#[test]
fn history_tells_what_happened_newest_first_and_outlives_the_lock() {
    let mut bench = Bench::new();
    let since_ms = bench.now_ms;
    let (a, _) = bench.grant("LOCK.ACQUIRE l a PX 100 SHARED");
    bench.grant("LOCK.ACQUIRE l a PX 100 SHARED");
    bench.grant("LOCK.EXTEND l a PX 10");
    let (b, _) = bench.grant("LOCK.ACQUIRE l b PX 300 SHARED");
    bench.grant("LOCK.EXTEND l b PX 400");
    bench.run("LOCK.ACQUIRE other c PX 1");
    bench.now_ms += 101;
    // What meets the end of a hold tells it first.
    bench.grant("LOCK.ACQUIRE l b PX 500 SHARED");
    let (c, _) = bench.grant("LOCK.ACQUIRE l c PX 300 SHARED");
    bench.run("LOCK.RELEASE l b");
    bench.run("LOCK.BREAK l");
    let (d, _) = bench.grant("LOCK.ACQUIRE l d PX 500");
    bench.run("DEL l");
    let (e, _) = bench.grant("LOCK.ACQUIRE l e PX 500");
    bench.now_ms += 501;
    bench.run("SET l x");
    let mut expected = [
        ("acquired", "a", a, 0),
        ("acquired", "b", b, 0),
        ("extended", "b", b, 0),
        ("expired", "a", a, 101),
        ("extended", "b", b, 101),
        ("acquired", "c", c, 101),
        ("released", "b", b, 101),
        ("broken", "c", c, 101),
        ("acquired", "d", d, 101),
        ("broken", "d", d, 101),
        ("acquired", "e", e, 101),
        ("expired", "e", e, 602),
    ]
    .map(|(event, owner, token, ms)| (event.to_owned(), owner.to_owned(), token, since_ms as i64 + ms));
    expected.reverse();
    assert_eq!(history(&mut bench, "LOCK.HISTORY l"), expected);
    assert_eq!(history(&mut bench, "LOCK.HISTORY l COUNT 2"), expected[..2]);
    assert!(history(&mut bench, "LOCK.HISTORY l COUNT 9223372036854775807").len() == 12);
    assert_eq!(bench.text("LOCK.HISTORY never"), "*0");
    bench.db = 1;
    assert_eq!(bench.text("LOCK.HISTORY l"), "*0", "names of another database are others");
}

#[test]
fn flushing_breaks_all_locks_in_order_and_history_is_bounded_by_its_option() {
    let mut bench = Bench::new();
    for (name, ttl_ms) in [("x", 300), ("y", 100), ("z", 200)] {
        bench.grant(&format!("LOCK.ACQUIRE {name} o PX {ttl_ms}"));
    }
    bench.run("FLUSHALL");
    let broken = bench.state.lock_history().iter().skip(3).map(|record| (&*record.name, record.event));
    assert!(broken.eq([&b"y"[..], b"z", b"x"].map(|name| (name, crate::store::LockEvent::Broken))));
    bench.state.options.lock_history_bytes = 0;
    bench.grant("LOCK.ACQUIRE x o PX 300");
    assert_eq!(bench.text("LOCK.HISTORY x"), "*0");
}

fn tokens(bench: &mut Bench, line: &str) -> Vec<i64> {
    let Reply::Array(tokens) = bench.run(line) else { panic!("{line}") };
    tokens.into_iter().map(|token| if let Reply::Int(token) = token { token } else { panic!("{token:?}") }).collect()
}

#[test]
fn several_locks_are_acquired_together_or_not_at_all() {
    let mut bench = Bench::new();
    let first = tokens(&mut bench, "LOCK.MULTI 3 b a b o PX 1000");
    assert!(first[0] == first[1] && first.len() == 3, "a name may stand twice: {first:?}");
    assert_eq!(bench.deadline_ms("a"), Some(bench.now_ms + 1000));
    bench.now_ms += 400;
    let again = tokens(&mut bench, "LOCK.MULTI 3 c a b o EX 1");
    assert!(again[0] > first[0] && again[1..] == first[..2], "what it has is confirmed: {again:?}");
    assert_eq!(
        (bench.deadline_ms("a"), bench.deadline_ms("c")),
        (Some(bench.now_ms + 1000), Some(bench.now_ms + 1000))
    );
    assert_eq!(bench.text("LOCK.MULTI 2 d a other PX 1000"), "*-1");
    bench.run("LOCK.ACQUIRE s o PX 1000 SHARED");
    bench.run("LOCK.ACQUIRE n x PX 1000 LIMIT 2");
    bench.run("SET text x");
    for (line, text) in [
        ("LOCK.MULTI 2 d s o PX 1000", "-ERR the owner holds the lock in another mode"),
        ("LOCK.MULTI 2 d s other PX 1000", "*-1"),
        ("LOCK.MULTI 2 d n o PX 1000", "-ERR the lock is held with another LIMIT"),
        ("LOCK.MULTI 2 a text other PX 1000", WRONG_TYPE),
        ("EXISTS d", ":0"),
        ("LOCK.RELEASE c o", ":1"),
        ("LOCK.EXTEND c o PX 5", "*-1"),
        ("DEL text", ":1"),
        ("EVAL \"return redis.call('lock.multi', 1, 'e', 'o', 'PX', 5)\" 0", "-ERR 'eval' cannot run here"),
    ] {
        assert_eq!(bench.text(line), text, "{line}");
    }
}

#[test]
fn list_meets_every_lock_once_and_nothing_else() {
    let mut bench = Bench::new();
    let names: Vec<String> = (0..40).map(|n| format!("lock{n}")).collect();
    for name in &names {
        bench.grant(&format!("LOCK.ACQUIRE {name} o PX 1000"));
        bench.run(&format!("SET text{name} x"));
    }
    bench.grant("LOCK.ACQUIRE several a PX 300 SHARED");
    let (token, _) = bench.grant("LOCK.ACQUIRE several b PX 200 SHARED");
    bench.now_ms += 50;
    let several =
        format!("$4 name $7 several $6 holder $1 b $5 token :{token} $6 ttl_ms :150 $7 holders :2 $7 waiters :0");
    assert_eq!(bench.text("LOCK.LIST 0 MATCH sev* COUNT 100"), format!("*2 $1 0 *1 *12 {several}"));
    let (mut cursor, mut met, mut steps) = ("0".to_owned(), Vec::new(), 0);
    loop {
        let Reply::Array(parts) = bench.run(&format!("LOCK.LIST {cursor} MATCH lock* COUNT 7")) else { panic!() };
        let [Reply::Bulk(next), Reply::Array(locks)] = &parts[..] else { panic!("{parts:?}") };
        for lock in locks {
            let Reply::Map(fields) = lock else { panic!("{lock:?}") };
            let Reply::Bulk(name) = &fields[0].1 else { panic!("{fields:?}") };
            met.push(String::from_utf8(name.to_vec()).unwrap());
        }
        cursor = String::from_utf8(next.to_vec()).unwrap();
        steps += 1;
        if cursor == "0" {
            break;
        }
    }
    met.sort();
    let mut expected = names;
    expected.sort();
    assert_eq!((met, steps), (expected, 6), "in steps of as many locks as COUNT says");
    bench.now_ms += 151;
    assert!(
        bench.text("LOCK.LIST 0 MATCH several COUNT 100").contains("$6 holder $1 a"),
        "the last of those that hold it still"
    );
    bench.now_ms += 5000;
    assert_eq!(bench.text("LOCK.LIST 0 COUNT 100"), "*2 $1 0 *0");
    bench.db = 1;
    assert_eq!(bench.text("LOCK.LIST 0"), "*2 $1 0 *0");
}

#[test]
fn behind_a_hold_that_was_not_released_nobody_gets_the_lock_for_its_delay() {
    let mut bench = Bench::new();
    let (token, _) = bench.grant("LOCK.ACQUIRE l a PX 100 DELAY 50");
    assert_eq!(bench.text("PTTL l"), ":100", "what the hold has left");
    bench.now_ms += 120;
    assert_eq!(
        (bench.text("PTTL l").as_str(), bench.text("TYPE l").as_str()),
        (":30", "+lock"),
        "it began when the hold ended"
    );
    assert!(bench.text("LOCK.INFO l").contains("$8 delay_ms :30 $7 holders *0"));
    assert_eq!(bench.text("LOCK.ACQUIRE l a PX 10"), "*-1", "its last owner neither");
    assert_eq!(bench.text(&format!("LOCK.CHECK l {token}")), ":0");
    assert_eq!((bench.text("LOCK.BREAK l").as_str(), bench.text("PTTL l").as_str()), (":0", ":30"));
    bench.now_ms += 30;
    assert_eq!(bench.text("LOCK.ACQUIRE l b PX 10"), "*-1", "in its last ms it lasts");
    bench.now_ms += 1;
    assert_eq!(bench.text("EXISTS l"), ":0");
    bench.grant("LOCK.ACQUIRE l b PX 100 DELAY 50");
    assert_eq!(bench.text("LOCK.RELEASE l b"), ":1");
    bench.grant("LOCK.ACQUIRE l b PX 100 DELAY 50");
    assert_eq!((bench.text("LOCK.BREAK l").as_str(), bench.text("PTTL l").as_str()), (":1", ":50"));
    assert_eq!(bench.text("DEL l"), ":1");
    bench.grant("LOCK.ACQUIRE l c PX 100");
}

#[test]
fn wrong_arguments_are_refused_with_their_reason() {
    let mut bench = Bench::new();
    let long = "x".repeat(513);
    for (line, text) in [
        ("LOCK.ACQUIRE l", "-ERR wrong number of arguments for 'lock.acquire' command"),
        ("LOCK.ACQUIRE l a", "-ERR syntax error"),
        ("LOCK.ACQUIRE l a CONNECTION", "-ERR syntax error"),
        ("LOCK.ACQUIRE l a CONNECTION SESSION 1", "-ERR syntax error"),
        ("LOCK.ACQUIRE l a SESSION 1 SESSION 1", "-ERR syntax error"),
        ("LOCK.ACQUIRE l a PX 1 CONNECTION CONNECTION", "-ERR syntax error"),
        ("LOCK.ACQUIRE l a PX 1 DELAY 1 DELAY 1", "-ERR syntax error"),
        ("LOCK.ACQUIRE l a SESSION x", "-ERR session id is not an integer or out of range"),
        ("LOCK.ACQUIRE l a SESSION 7", "-NOSESSION the session has ended, or there has been none of this id"),
        ("LOCK.ACQUIRE l a SESSION -7", "-NOSESSION the session has ended, or there has been none of this id"),
        ("LOCK.ACQUIRE l a PX 1 DELAY x", "-ERR value is not an integer or out of range"),
        ("LOCK.ACQUIRE l a PX 1 DELAY -1", "-ERR DELAY is negative"),
        ("LOCK.ACQUIRE l a PX 1 DELAY 315360000001", "-LIMIT a delay lasts at most 10 years"),
        ("LOCK.ACQUIRE l a SHARED WAIT 1", "-ERR syntax error"),
        ("LOCK.ACQUIRE l a PX 1 EX 1", "-ERR syntax error"),
        ("LOCK.ACQUIRE l a PX 1 SHARED LIMIT 2", "-ERR syntax error"),
        ("LOCK.ACQUIRE l a PX 1 FOO 2", "-ERR syntax error"),
        ("LOCK.ACQUIRE l a PX 1 WAIT", "-ERR syntax error"),
        ("LOCK.ACQUIRE l a PX x", "-ERR value is not an integer or out of range"),
        ("LOCK.ACQUIRE l a PX 0", "-ERR invalid expire time in 'lock.acquire' command"),
        ("LOCK.ACQUIRE l a EX -1", "-ERR invalid expire time in 'lock.acquire' command"),
        ("LOCK.ACQUIRE l a PX 315360000001", "-LIMIT a lock is held for at most 10 years at a time"),
        ("LOCK.ACQUIRE l a EX 9223372036854775807", "-LIMIT a lock is held for at most 10 years at a time"),
        ("LOCK.ACQUIRE l a PX 1 WAIT x", "-ERR timeout is not an integer or out of range"),
        ("LOCK.ACQUIRE l a PX 1 WAIT -1", "-ERR timeout is negative"),
        ("LOCK.ACQUIRE l a PX 1 WAIT 315360000001", "-LIMIT a wait lasts at most 10 years"),
        ("LOCK.ACQUIRE l a PX 1 LIMIT 0", "-ERR LIMIT must be 1 or more"),
        ("LOCK.EXTEND l a PX 0", "-ERR invalid expire time in 'lock.extend' command"),
        ("LOCK.EXTEND l a FOO 1", "-ERR syntax error"),
        ("LOCK.EXTEND l a PX 1 2 3", "-ERR syntax error"),
        ("LOCK.EXTEND l a PX 1 x", "-ERR token is not an integer or out of range"),
        ("LOCK.RELEASE l a x", "-ERR token is not an integer or out of range"),
        ("LOCK.RELEASE l a 1 2", "-ERR wrong number of arguments for 'lock.release' command"),
        ("LOCK.BREAK l a 1", "-ERR wrong number of arguments for 'lock.break' command"),
        ("LOCK.HISTORY l 5", "-ERR syntax error"),
        ("LOCK.HISTORY l COUNT", "-ERR syntax error"),
        ("LOCK.HISTORY l COUNT 0", "-ERR syntax error"),
        ("LOCK.HISTORY l COUNT x", "-ERR value is not an integer or out of range"),
        ("LOCK.MULTI 1 l", "-ERR wrong number of arguments for 'lock.multi' command"),
        ("LOCK.MULTI 1 l a", "-ERR syntax error"),
        ("LOCK.MULTI 1 l a PX", "-ERR syntax error"),
        ("LOCK.MULTI 1 l a CONNECTION", "-ERR syntax error"),
        ("LOCK.MULTI 1 l a PX 1 CONNECTION SESSION 1", "-ERR syntax error"),
        ("LOCK.MULTI x l a PX 1", "-ERR numnames should be greater than 0"),
        ("LOCK.MULTI 0 l a PX 1", "-ERR numnames should be greater than 0"),
        ("LOCK.MULTI -1 l a PX 1", "-ERR numnames should be greater than 0"),
        ("LOCK.MULTI 9223372036854775807 l a PX 1", "-ERR syntax error"),
        ("LOCK.MULTI 4 l a PX 1", "-ERR syntax error"),
        ("LOCK.MULTI 3 l a PX 1", "-ERR syntax error"),
        ("LOCK.MULTI 1 l a WAIT 1", "-ERR syntax error"),
        ("LOCK.MULTI 1 l a PX 1 EX 1", "-ERR syntax error"),
        ("LOCK.MULTI 1 l a PX 1 SHARED", "-ERR syntax error"),
        ("LOCK.MULTI 1 l a PX 1 LIMIT 1", "-ERR syntax error"),
        ("LOCK.MULTI 1 l a PX 0", "-ERR invalid expire time in 'lock.multi' command"),
        ("LOCK.MULTI 1 l a PX 1 WAIT -1", "-ERR timeout is negative"),
        (&format!("LOCK.MULTI 1 {long} a PX 1"), "-LIMIT the name of a lock has at most 512 bytes"),
        (&format!("LOCK.MULTI 1 l {long} PX 1"), "-LIMIT the owner of a lock has at most 512 bytes"),
        (&format!("LOCK.MULTI 101{} a PX 1", " l".repeat(101)), "-LIMIT at most 100 locks are acquired at once"),
        ("LOCK.LIST x", "-ERR invalid cursor"),
        ("LOCK.LIST 0 COUNT", "-ERR syntax error"),
        ("LOCK.LIST 0 COUNT 0", "-ERR syntax error"),
        ("LOCK.LIST 0 TYPE lock", "-ERR syntax error"),
        ("LOCK.CHECK l x", "-ERR token is not an integer or out of range"),
        ("LOCK.GUARD l x GET k", "-ERR token is not an integer or out of range"),
        (&format!("LOCK.ACQUIRE {long} a PX 1"), "-LIMIT the name of a lock has at most 512 bytes"),
        (&format!("LOCK.ACQUIRE l {long} PX 1"), "-LIMIT the owner of a lock has at most 512 bytes"),
    ] {
        assert_eq!(bench.text(line), text, "{line}");
    }
    assert_eq!(bench.text("EXISTS l"), ":0");
    bench.grant("LOCK.ACQUIRE l a PX 315360000000 LIMIT 9223372036854775807");
}

#[test]
fn what_is_over_and_has_not_been_ended_is_nothing_for_a_command() {
    let mut bench = Bench::new();
    for name in ["l", "m"] {
        bench.run(&format!("SET {name} x PX 10"));
    }
    bench.grant("LOCK.ACQUIRE s a PX 10 SHARED");
    bench.grant("LOCK.ACQUIRE s b PX 1000 SHARED");
    bench.grant("LOCK.ACQUIRE d a PX 10 LIMIT 2 DELAY 50");
    bench.now_ms += 11;
    bench.grant("LOCK.ACQUIRE l a PX 1000");
    for (line, text) in [("LOCK.RELEASE m a", ":0"), ("LOCK.EXTEND m a PX 5", "*-1"), ("LOCK.BREAK m", ":0")] {
        assert_eq!(bench.text(line), text, "{line}: a value that is due");
    }
    assert_eq!(bench.text("LOCK.ACQUIRE d b PX 10"), "*-1", "no holder says how many there may be");
    let before = bench.revision("s");
    for (line, text) in [
        ("LOCK.EXTEND s a PX 100", "*-1"),
        ("LOCK.RELEASE s a", ":0"),
        ("LOCK.BREAK s a", ":0"),
        ("LOCK.RELEASE s nobody", ":0"),
    ] {
        assert_eq!(bench.text(line), text, "{line}");
        assert_eq!(bench.revision("s"), before, "{line}: nothing has changed for WATCH");
    }
    bench.grant("LOCK.EXTEND s b PX 2000");
    assert!(bench.revision("s") > before, "and now something has");
}

#[test]
fn what_a_command_may_do_is_counted_by_the_holders() {
    let mut bench = Bench::new();
    bench.run("LOCK.ACQUIRE few a PX 1000 SHARED");
    (0..50).for_each(|owner| _ = bench.run(&format!("LOCK.ACQUIRE many {owner} PX 1000 SHARED")));
    for [few, many] in [
        ["LOCK.RELEASE few x", "LOCK.RELEASE many x"],
        ["LOCK.EXTEND few x PX 5", "LOCK.EXTEND many x PX 5"],
        ["LOCK.ACQUIRE few x PX 5 SHARED", "LOCK.ACQUIRE many x PX 5 SHARED"],
    ] {
        let units = [few, many].map(|line| bench.work(line).1);
        assert!(units[1] >= units[0] + 4 * 49 * crate::store::ELEMENT_UNITS, "{many}: {units:?}");
    }
}

#[test]
fn as_many_locks_as_there_may_be_are_acquired_at_once() {
    let mut bench = Bench::new();
    let names: Vec<String> = (0..100).map(|n| format!("l{n}")).collect();
    assert_eq!(tokens(&mut bench, &format!("LOCK.MULTI 100 {} o PX 1000", names.join(" "))).len(), 100);
    let id = bench.int("SESSION.OPEN PX 1000");
    assert_eq!(tokens(&mut bench, &format!("LOCK.MULTI 2 a a o SESSION {id}")).len(), 2, "for as long as that lives");
    assert_eq!(bench.int("PTTL a"), 1000);
    assert_eq!(bench.int(&format!("SESSION.CLOSE {id}")), 1, "named twice, it is one");
}
