//! What closes a circle of waits and what does not, by hand: each line of `store/deadlock.rs` that decides it.

use super::*;

/// Carries lines out, one entry for each, every one on a connection of its own.
fn play(log: &mut Log, lines: &[&str]) {
    for line in lines {
        one(log, line);
    }
}

fn one(log: &mut Log, line: &str) -> EntryOutcome {
    let connection = 100 + log.origin.waiters().last_ticket() + log.origin.revision() % 1_000_000;
    log.batch(2, &[(connection, line)])
}

fn is_waiting(log: &mut Log, line: &str) -> bool {
    one(log, line).waiting.len() == 1
}

fn refusal(log: &mut Log, line: &str) -> String {
    let outcome = one(log, line);
    assert!(outcome.waiting.is_empty(), "it waits: {line}");
    reply(&outcome)
}

#[test]
fn names_in_a_circle_are_shown_up_to_a_bound_and_without_control_characters() {
    let mut log = Log::new();
    let (whole, long) = ("w".repeat(64), "l".repeat(65));
    let lines = [format!("LOCK.ACQUIRE a\u{7}b {long} PX 1000"), format!("LOCK.ACQUIRE {whole} z PX 1000")];
    play(&mut log, &lines.each_ref().map(String::as_str));
    assert!(is_waiting(&mut log, &format!("LOCK.ACQUIRE {whole} {long} PX 1000 WAIT 0")));
    let shown = format!("'{}...'", "l".repeat(64));
    assert_eq!(
        refusal(&mut log, "LOCK.ACQUIRE a\u{7}b z PX 1000 WAIT 0"),
        format!("DEADLOCK 'z' waits for 'a?b' held by {shown}, {shown} waits for '{whole}' held by 'z'")
    );
}

#[test]
fn who_stands_behind_a_waiter_is_not_in_its_way_and_who_stands_in_front_is() {
    let mut log = Log::new();
    play(&mut log, &["LOCK.ACQUIRE k x PX 1000", "LOCK.ACQUIRE h e PX 1000", "LOCK.ACQUIRE k e PX 1000 WAIT 0"]);
    play(&mut log, &["LOCK.ACQUIRE k z PX 1000 WAIT 0"]);
    assert!(is_waiting(&mut log, "LOCK.ACQUIRE h z PX 1000 WAIT 0"), "the other one has its turn first");
    let mut log = Log::new();
    play(&mut log, &["LOCK.ACQUIRE k x PX 1000", "LOCK.ACQUIRE h e PX 1000", "LOCK.ACQUIRE k z PX 1000 WAIT 0"]);
    play(&mut log, &["LOCK.ACQUIRE k e PX 1000 WAIT 0"]);
    assert_eq!(
        refusal(&mut log, "LOCK.ACQUIRE h z PX 1000 WAIT 0"),
        "DEADLOCK 'z' waits for 'h' held by 'e', 'e' waits for 'k' behind 'z'",
        "an earlier wait for another lock is in the way of others"
    );
    let mut log = Log::new();
    play(&mut log, &["LOCK.ACQUIRE c x PX 1000", "LOCK.ACQUIRE t z PX 1000", "LOCK.ACQUIRE c m PX 1 WAIT 0"]);
    play(&mut log, &["LOCK.ACQUIRE c n PX 1 WAIT 0", "LOCK.ACQUIRE t n PX 1 WAIT 0"]);
    assert_eq!(
        refusal(&mut log, "LOCK.ACQUIRE c z PX 1 WAIT 0"),
        "DEADLOCK 'z' waits for 'c' behind 'n', 'n' waits for 't' held by 'z'",
        "each in front, also the one right behind another"
    );
}

#[test]
fn one_name_in_two_databases_is_two_locks() {
    let mut log = Log::new();
    let at = |log: &mut Log, db: usize, line: &str| {
        log.db = db;
        one(log, line)
    };
    for (db, line) in
        [(0, "LOCK.ACQUIRE h e PX 1000"), (0, "LOCK.ACQUIRE k z PX 1000"), (1, "LOCK.ACQUIRE k x PX 1000")]
    {
        at(&mut log, db, line);
    }
    at(&mut log, 1, "LOCK.ACQUIRE k e PX 1000 WAIT 0");
    assert_eq!(at(&mut log, 0, "LOCK.ACQUIRE h z PX 1000 WAIT 0").waiting.len(), 1, "it waits for the other one");
    let mut log = Log::new();
    at(&mut log, 0, "LOCK.ACQUIRE k e PX 1000");
    at(&mut log, 1, "LOCK.ACQUIRE k z PX 1000");
    at(&mut log, 1, "LOCK.ACQUIRE k e PX 1000 WAIT 0");
    let text = reply(&at(&mut log, 0, "LOCK.ACQUIRE k z PX 1000 WAIT 0"));
    assert_eq!(text, "DEADLOCK 'z' waits for 'k' held by 'e', 'e' waits for 'k' held by 'z'");
    let mut log = Log::new();
    at(&mut log, 1, "LOCK.ACQUIRE k x PX 1000");
    at(&mut log, 0, "LOCK.ACQUIRE k e PX 1000");
    at(&mut log, 1, "LOCK.ACQUIRE k z PX 1000 WAIT 0");
    at(&mut log, 1, "LOCK.ACQUIRE k e PX 1000 WAIT 0");
    let text = reply(&at(&mut log, 0, "LOCK.ACQUIRE k z PX 1000 WAIT 0"));
    assert_eq!(text, "DEADLOCK 'z' waits for 'k' held by 'e', 'e' waits for 'k' behind 'z'");
}

#[test]
fn readers_wait_for_writers_alone_and_writers_for_all() {
    let mut log = Log::new();
    play(&mut log, &["LOCK.ACQUIRE r x PX 1000", "LOCK.ACQUIRE t q PX 1000", "LOCK.ACQUIRE r p PX 1 SHARED WAIT 0"]);
    play(&mut log, &["LOCK.ACQUIRE t p PX 1000 WAIT 0"]);
    assert!(is_waiting(&mut log, "LOCK.ACQUIRE r q PX 1 SHARED WAIT 0"), "they get it together");
    // Whom the one who asks passes over is in the way of the writer between them.
    let mut log = Log::new();
    play(&mut log, &["LOCK.ACQUIRE c x PX 1000", "LOCK.ACQUIRE t z PX 1000", "LOCK.ACQUIRE c p PX 1 SHARED WAIT 0"]);
    play(&mut log, &["LOCK.ACQUIRE c w PX 1 WAIT 0", "LOCK.ACQUIRE t p PX 1 WAIT 0"]);
    assert_eq!(
        refusal(&mut log, "LOCK.ACQUIRE c z PX 1 SHARED WAIT 0"),
        "DEADLOCK 'z' waits for 'c' behind 'w', 'w' waits for 'c' behind 'p', 'p' waits for 't' held by 'z'"
    );
    // A request that is sent again is in nobody's way, not even behind a writer that came between.
    let mut log = Log::new();
    play(&mut log, &["LOCK.ACQUIRE c x PX 1000", "LOCK.ACQUIRE d x PX 1000", "LOCK.ACQUIRE d y PX 1 WAIT 0"]);
    play(&mut log, &["LOCK.ACQUIRE c z PX 1 SHARED WAIT 0", "LOCK.ACQUIRE c w PX 1 WAIT 0"]);
    assert!(is_waiting(&mut log, "LOCK.ACQUIRE c z PX 1 SHARED WAIT 0"));
}

/// While a lock is delayed, claims of any kind wait for it together.
fn delayed() -> Log {
    let mut log = Log::new();
    play(&mut log, &["LOCK.ACQUIRE s o PX 10 DELAY 1000"]);
    log.now_ms += 11;
    log.content(&Content::Tick);
    log
}

#[test]
fn neither_holders_nor_waiters_of_a_semaphore_close_a_circle() {
    let mut log = delayed();
    play(&mut log, &["LOCK.ACQUIRE h e PX 100000", "LOCK.ACQUIRE a x PX 100000", "LOCK.ACQUIRE a u PX 1 WAIT 0"]);
    play(&mut log, &["LOCK.ACQUIRE s z PX 100000 LIMIT 2 WAIT 0", "LOCK.MULTI 2 a s e PX 1 WAIT 0"]);
    assert!(
        is_waiting(&mut log, "LOCK.ACQUIRE h z PX 1 WAIT 0"),
        "it waits for one who waits behind a semaphore's claim"
    );
    log.now_ms += 1000;
    log.content(&Content::Tick);
    assert_eq!(owners(&log, "s"), ["z"]);
    let waits_for_both = |log: &Log| log.origin.waiters().iter().any(|(_, _, waiter)| waiter.keys.len() == 2);
    assert!(waits_for_both(&log), "it is not tried before its turn, and so not refused for the limit");
    assert!(is_waiting(&mut log, "LOCK.ACQUIRE h z PX 1 WAIT 0"), "it waits for one who waits for a semaphore");
    let mut log = delayed();
    play(
        &mut log,
        &["LOCK.ACQUIRE s f PX 1 WAIT 0", "LOCK.ACQUIRE s z PX 1 LIMIT 2 WAIT 0", "LOCK.ACQUIRE k z PX 1000"],
    );
    assert!(is_waiting(&mut log, "LOCK.ACQUIRE k f PX 1 WAIT 0"), "it waits for one who waits as a semaphore's user");
}

#[test]
fn a_hold_that_is_over_and_has_not_been_ended_yet_is_in_nobodys_way() {
    let mut log = Log::new();
    play(&mut log, &["LOCK.ACQUIRE t z PX 50", "LOCK.ACQUIRE h e PX 1000", "LOCK.ACQUIRE t e PX 1 WAIT 0"]);
    let first: Vec<String> = (0..2 * SWEEP_MAX).map(|n| format!("SET k{n} x PX 10")).collect();
    log.batch(2, &first.iter().map(|line| (0, line.as_str())).collect::<Vec<_>>());
    log.now_ms += 60;
    assert!(is_waiting(&mut log, "LOCK.ACQUIRE h z PX 1 WAIT 0"));
    assert_eq!(owners(&log, "t"), ["z"], "it has not been ended");
}

#[test]
fn who_holds_one_of_several_locks_waits_for_nobody_there() {
    let mut log = Log::new();
    play(&mut log, &["LOCK.ACQUIRE k e PX 1000", "LOCK.ACQUIRE b x PX 1000", "LOCK.ACQUIRE h e PX 1000"]);
    play(&mut log, &["LOCK.ACQUIRE k z PX 1000 WAIT 0"]);
    assert!(is_waiting(&mut log, "LOCK.MULTI 2 k b e PX 1000 WAIT 0"), "the one behind its hold waits for it");
    assert!(is_waiting(&mut log, "LOCK.ACQUIRE h z PX 1000 WAIT 0"), "what waits is told of its hold, too");
    assert_eq!(
        refusal(&mut log, "LOCK.ACQUIRE h x PX 1000 WAIT 0"),
        "DEADLOCK 'x' waits for 'h' held by 'e', 'e' waits for 'b' held by 'x'",
        "the other lock counts"
    );
    one(&mut log, "LOCK.RELEASE b x");
    assert!(!log.origin.waiters().iter().any(|(_, _, waiter)| waiter.keys.len() == 2), "it had to wait for no other");
    assert_eq!(owners(&log, "b"), ["e"]);
    // What is over is no hold: it will have to stand in the queue.
    let mut log = Log::new();
    play(&mut log, &["LOCK.ACQUIRE k e PX 50", "LOCK.ACQUIRE b x PX 1000", "LOCK.ACQUIRE h e PX 1000"]);
    play(&mut log, &["LOCK.ACQUIRE k z PX 1000 WAIT 0", "LOCK.MULTI 2 k b e PX 1000 WAIT 0"]);
    let first: Vec<String> = (0..2 * SWEEP_MAX).map(|n| format!("SET k{n} x PX 10")).collect();
    log.batch(2, &first.iter().map(|line| (0, line.as_str())).collect::<Vec<_>>());
    log.now_ms += 60;
    assert_eq!(
        refusal(&mut log, "LOCK.ACQUIRE h z PX 1000 WAIT 0"),
        "DEADLOCK 'z' waits for 'h' held by 'e', 'e' waits for 'k' behind 'z'"
    );
    assert_eq!(owners(&log, "k"), ["e"], "it has not been ended");
}

/// The walk looks at each hold and claim once for each kind of claim: else its bound would be reached, and no circle found.
#[test]
fn a_circle_behind_hundreds_of_holders_and_waiters_is_found() {
    let all = |log: &mut Log, lines: Vec<String>| {
        let lines: Vec<(u64, &str)> = (1000..).zip(lines.iter().map(String::as_str)).collect();
        log.batch(2, &lines);
    };
    let mut log = Log::new();
    all(&mut log, (0..200).map(|n| format!("LOCK.ACQUIRE k x{n} PX 1000 SHARED")).collect());
    all(&mut log, (0..600).map(|n| format!("LOCK.ACQUIRE k w{n} PX 1 WAIT 0")).collect());
    play(&mut log, &["LOCK.ACQUIRE t z PX 1000", "LOCK.ACQUIRE t w599 PX 1 WAIT 0"]);
    assert_eq!(
        refusal(&mut log, "LOCK.ACQUIRE k z PX 1 WAIT 0"),
        "DEADLOCK 'z' waits for 'k' behind 'w599', 'w599' waits for 't' held by 'z'"
    );
    let mut log = Log::new();
    play(&mut log, &["LOCK.ACQUIRE k x PX 1000"]);
    all(&mut log, (0..400).map(|n| format!("LOCK.ACQUIRE k r{n} PX 1 SHARED WAIT 0")).collect());
    play(&mut log, &["LOCK.ACQUIRE k w PX 1 WAIT 0", "LOCK.ACQUIRE t z PX 1000", "LOCK.ACQUIRE t r399 PX 1 WAIT 0"]);
    assert_eq!(
        refusal(&mut log, "LOCK.ACQUIRE k z PX 1 SHARED WAIT 0"),
        "DEADLOCK 'z' waits for 'k' behind 'w', 'w' waits for 'k' behind 'r399', 'r399' waits for 't' held by 'z'"
    );
    // One owner's many requests are one owner.
    let mut log = Log::new();
    play(&mut log, &["LOCK.ACQUIRE k x PX 1000"]);
    all(&mut log, (0..1100).map(|_| "LOCK.ACQUIRE k busy PX 1 WAIT 0".to_owned()).collect());
    play(&mut log, &["LOCK.ACQUIRE k n PX 1 WAIT 0", "LOCK.ACQUIRE t z PX 1000", "LOCK.ACQUIRE t n PX 1 WAIT 0"]);
    assert!(refusal(&mut log, "LOCK.ACQUIRE k z PX 1 WAIT 0").starts_with("DEADLOCK 'z' waits for 'k' behind 'n'"));
}

#[test]
fn the_walk_ends_after_so_many_looks_whoever_they_are_at() {
    let mut log = Log::new();
    log.set_options(|options| (options.waiters_per_key_max, options.waiters_max) = (100_000, 100_000));
    play(&mut log, &["LOCK.ACQUIRE k x PX 1000"]);
    let many: Vec<(u64, &str)> =
        (1000..34_000).map(|connection| (connection, "LOCK.ACQUIRE k busy PX 1 WAIT 0")).collect();
    log.batch(2, &many);
    play(&mut log, &["LOCK.ACQUIRE k n PX 1 WAIT 0", "LOCK.ACQUIRE t z PX 1000", "LOCK.ACQUIRE t n PX 1 WAIT 0"]);
    assert!(is_waiting(&mut log, "LOCK.ACQUIRE k z PX 1 WAIT 0"), "it is not known whether that is a circle");
}
