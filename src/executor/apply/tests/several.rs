//! Several locks at once, and circles of those who wait: by hand, and at random beside a model that also knows all events, sessions
//! and delays.

mod circles;
mod commands;
mod model;
mod play;

use super::locks::{lock, told};
use super::waiters::{Log, released};
use super::*;

fn reply(outcome: &EntryOutcome) -> String {
    match &outcome.answers[0].1[0] {
        StepReply::Reply(Reply::Error(error)) => error.to_string(),
        reply => format!("{reply:?}"),
    }
}

fn owners(log: &Log, name: &str) -> Vec<String> {
    lock(log, name).into_iter().map(|hold| hold.0).collect()
}

#[test]
fn several_locks_are_granted_together_in_turn_and_none_while_one_is_missing() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE b x PX 1000"), (6, "LOCK.MULTI 3 c a b m PX 500 WAIT 0")]);
    assert!(lock(&log, "a").is_empty() && lock(&log, "c").is_empty(), "it holds nothing while it waits");
    // It is not passed where it is the first, and passes nobody where it is not.
    let outcome = log.batch(3, &[(7, "LOCK.ACQUIRE a y PX 10")]);
    assert_eq!(reply(&outcome), "Reply(NilArray)");
    log.batch(3, &[(7, "LOCK.ACQUIRE a y PX 1000 WAIT 0"), (8, "LOCK.MULTI 1 c z PX 1000 WAIT 0")]);
    log.now_ms += 100;
    let outcome = log.batch(2, &[(5, "LOCK.RELEASE b x")]);
    let token = log.origin.revision();
    let tokens = Reply::Array(vec![Reply::Int(token as i64); 3]);
    assert_eq!(released(&outcome), [(6, format!("{tokens:?}"))]);
    let held = vec![("m".to_owned(), token, log.now_ms + 500)];
    assert!(["a", "b", "c"].iter().all(|name| lock(&log, name) == held), "the time begins then");
    let outcome = log.batch(2, &[(6, "wait._cancel")]);
    assert_eq!(told(&outcome).iter().filter(|(_, text)| text.contains(" lost ")).count(), 3, "its client was gone");
    let served: Vec<u64> = released(&outcome).iter().map(|(connection, _)| *connection).collect();
    assert_eq!((served, owners(&log, "a"), owners(&log, "c")), (vec![7, 8], vec!["y".into()], vec!["z".into()]));
}

#[test]
fn a_wait_for_several_goes_on_while_a_name_is_no_lock_and_ends_with_the_error_of_its_turn() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE a x PX 1000"), (6, "LOCK.MULTI 2 a b m PX 500 WAIT 0")]);
    log.batch(2, &[(0, "SET b x")]);
    assert!(released(&log.batch(2, &[(5, "LOCK.RELEASE a x")])).is_empty());
    assert_eq!(released(&log.batch(2, &[(0, "DEL b")])).len(), 1);
    log.batch(2, &[(7, "LOCK.MULTI 2 a c n PX 500 WAIT 0"), (0, "LOCK.RELEASE b m")]);
    log.batch(2, &[(0, "LOCK.BREAK c")]);
    let outcome = log.batch(3, &[(8, "LOCK.ACQUIRE c s PX 500 LIMIT 2")]);
    assert_eq!(reply(&outcome), "Reply(NilArray)", "somebody waits for it");
    assert_eq!(released(&log.batch(2, &[(0, "LOCK.RELEASE a m")])).len(), 1);
    // Of another kind is one that was there before.
    log.batch(3, &[(8, "LOCK.ACQUIRE d s PX 500 LIMIT 2"), (8, "LOCK.ACQUIRE e s PX 500 SHARED")]);
    assert_eq!(
        reply(&log.batch(2, &[(9, "LOCK.MULTI 2 a d o PX 5 WAIT 0")])),
        "ERR the lock is held with another LIMIT"
    );
    let other_mode = log.batch(2, &[(9, "LOCK.MULTI 2 a e s PX 5 WAIT 0")]);
    assert_eq!(reply(&other_mode), "ERR the owner holds the lock in another mode");
    assert_eq!(reply(&log.batch(2, &[(0, "SET f x"), (9, "LOCK.MULTI 2 a f s PX 5 WAIT 0")])), "Reply(Ok)");
    assert!(log.origin.waiters().is_empty());
}

#[test]
fn several_locks_end_with_the_connection_or_session_that_they_are_bound_to() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.MULTI 2 a b o PX 100000 CONNECTION"), (6, "SESSION.OPEN PX 100")]);
    let id = log.origin.revision();
    log.batch(3, &[(7, &format!("LOCK.MULTI 2 b a p WAIT 0 SESSION {id}"))]);
    assert_eq!(released(&log.batch(2, &[(5, "wait._leave")])).len(), 1);
    let held = |name: &str, log: &Log| lock(log, name).into_iter().map(|hold| (hold.0, hold.2)).collect::<Vec<_>>();
    assert_eq!(held("a", &log), [("p".to_owned(), 1100)], "as long as the session lives");
    log.batch(2, &[(8, &format!("SESSION.CLOSE {id}"))]);
    assert!(held("a", &log).is_empty() && held("b", &log).is_empty());
    log.set_options(|options| options.session_items_max = 2);
    log.batch(2, &[(6, "SESSION.OPEN PX 100")]);
    let id = log.origin.revision();
    let text = reply(&log.batch(3, &[(7, &format!("LOCK.MULTI 3 a b c p SESSION {id}"))]));
    assert!(text.starts_with("LIMIT the session holds"), "{text}");
    assert!(lock(&log, "a").is_empty(), "all or none");
    assert!(reply(&log.batch(3, &[(7, &format!("LOCK.MULTI 2 a b p SESSION {id}"))])).starts_with("Reply(Array"));
}

#[test]
fn who_waits_for_what_its_owner_has_got_by_another_request_is_told_at_once() {
    let mut log = Log::new();
    // Sent again on another node, behind somebody else, before it is known there that the first connection is lost.
    log.batch(2, &[(5, "LOCK.ACQUIRE a x PX 1000"), (6, "LOCK.ACQUIRE a me PX 9000 WAIT 0")]);
    log.batch(3, &[(7, "LOCK.ACQUIRE a y PX 1000 WAIT 0"), (8, "LOCK.ACQUIRE a me PX 8000 WAIT 0")]);
    log.batch(3, &[(9, "LOCK.MULTI 2 a b me PX 9000 WAIT 0"), (10, "LOCK.MULTI 2 c a me PX 9500 WAIT 0")]);
    log.batch(3, &[(11, "LOCK.ACQUIRE c z PX 1000"), (12, "LOCK.ACQUIRE d w PX 1000")]);
    let outcome = log.batch(2, &[(5, "LOCK.RELEASE a x")]);
    let served: Vec<u64> = released(&outcome).iter().map(|(connection, _)| *connection).collect();
    assert_eq!(served, [6, 8, 9, 10], "all in order, and nobody else");
    let until = |name: &str| lock(&log, name).into_iter().map(|hold| (hold.0, hold.2)).collect::<Vec<_>>();
    let (now_ms, me) = (log.now_ms, "me".to_owned());
    assert_eq!(until("a"), [(me.clone(), now_ms + 9500)]);
    assert_eq!((until("b"), until("c")), (vec![(me.clone(), now_ms + 9000)], vec![(me, now_ms + 9500)]));
    // Two were told of it: it does not end with the one whose client was gone.
    log.batch(2, &[(6, "wait._cancel")]);
    assert_eq!(owners(&log, "a"), ["me"]);
    let outcome = log.batch(2, &[(0, "LOCK.RELEASE a me")]);
    assert_eq!(released(&outcome).iter().map(|(connection, _)| *connection).collect::<Vec<_>>(), [7]);
}

#[test]
fn who_waits_for_more_than_its_owner_has_got_is_told_when_the_rest_is_free() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE a x PX 1000"), (5, "LOCK.ACQUIRE b x PX 1000")]);
    log.batch(2, &[(6, "LOCK.ACQUIRE a me PX 9000 WAIT 0"), (7, "LOCK.ACQUIRE a y PX 1000 WAIT 0")]);
    log.batch(3, &[(8, "LOCK.MULTI 2 a b me PX 9000 WAIT 0")]);
    let served =
        |outcome: &EntryOutcome| -> Vec<u64> { released(outcome).iter().map(|(connection, _)| *connection).collect() };
    assert_eq!(served(&log.batch(2, &[(5, "LOCK.RELEASE a x")])), [6]);
    let outcome = log.batch(2, &[(5, "LOCK.RELEASE b x")]);
    assert_eq!((served(&outcome), owners(&log, "b")), (vec![8], vec!["me".to_owned()]));
    assert_eq!(owners(&log, "a"), ["me"], "nobody has passed");
}

#[test]
fn a_wait_that_closes_a_circle_is_refused_and_changes_nothing() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE a x PX 1000"), (6, "LOCK.ACQUIRE b y PX 1000"), (7, "LOCK.ACQUIRE c z PX 1000")]);
    log.batch(2, &[(5, "LOCK.ACQUIRE b x PX 1000 WAIT 0"), (6, "LOCK.ACQUIRE c y PX 1000 WAIT 0")]);
    let before: Vec<_> = log.origin.waiters().iter().map(|(id, ..)| id).collect();
    for (line, text) in [
        (
            "LOCK.ACQUIRE a z PX 1 WAIT 5",
            "DEADLOCK 'z' waits for 'a' held by 'x', 'x' waits for 'b' held by 'y', 'y' waits for 'c' held by 'z'",
        ),
        // The shortest of all.
        ("LOCK.MULTI 2 a b z PX 1 WAIT 5", "DEADLOCK 'z' waits for 'b' held by 'y', 'y' waits for 'c' held by 'z'"),
        (
            "LOCK.ACQUIRE b z PX 1 SHARED WAIT 5",
            "DEADLOCK 'z' waits for 'b' held by 'y', 'y' waits for 'c' held by 'z'",
        ),
        ("LOCK.ACQUIRE a z PX 1", "Reply(NilArray)"),
        ("LOCK.ACQUIRE a z PX 1 LIMIT 2 WAIT 5", "ERR the lock is held with another LIMIT"),
    ] {
        assert_eq!(reply(&log.batch(3, &[(8, line)])), text, "{line}");
        assert!(log.origin.waiters().iter().map(|(id, ..)| id).eq(before.iter().copied()), "{line}");
    }
    // Somebody in front is in the way like a holder.
    log.batch(3, &[(8, "LOCK.ACQUIRE d w PX 1000"), (9, "LOCK.ACQUIRE a v PX 1000 WAIT 0")]);
    log.batch(3, &[(9, "LOCK.MULTI 2 e d v PX 1000 WAIT 0")]);
    let text = reply(&log.batch(2, &[(8, "LOCK.ACQUIRE a w PX 1000 WAIT 5")]));
    assert_eq!(text, "DEADLOCK 'w' waits for 'a' behind 'v', 'v' waits for 'd' held by 'w'");
    // A hold that somebody has of what it asks for is in the way of others, and nobody there in its own.
    log.batch(3, &[(8, "LOCK.ACQUIRE f w PX 1000"), (7, "LOCK.ACQUIRE g u PX 1000")]);
    log.batch(3, &[(7, "LOCK.ACQUIRE f u PX 1000 WAIT 0")]);
    let text = reply(&log.batch(3, &[(8, "LOCK.MULTI 2 f g w PX 1000 WAIT 5")]));
    assert_eq!(text, "DEADLOCK 'w' waits for 'g' held by 'u', 'u' waits for 'f' held by 'w'");
    // A request that is sent again waits behind itself.
    log.batch(3, &[(10, "LOCK.ACQUIRE c again PX 1000 WAIT 0"), (11, "LOCK.ACQUIRE c other PX 1000 WAIT 0")]);
    assert_eq!(log.batch(2, &[(12, "LOCK.ACQUIRE c again PX 1000 WAIT 0")]).waiting.len(), 1);
}

#[test]
fn what_several_may_hold_or_is_over_closes_no_circle() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE s x PX 1000 LIMIT 2"), (6, "LOCK.ACQUIRE s y PX 1000 LIMIT 2")]);
    log.batch(2, &[(7, "LOCK.ACQUIRE a z PX 1000"), (5, "LOCK.ACQUIRE a x PX 1000 WAIT 0")]);
    assert_eq!(log.batch(2, &[(7, "LOCK.ACQUIRE s z PX 1000 LIMIT 2 WAIT 0")]).waiting.len(), 1);
    // Readers are not in each other's way, but a writer is in theirs.
    log.batch(
        3,
        &[(5, "LOCK.ACQUIRE r p PX 1000 SHARED"), (6, "LOCK.ACQUIRE t q PX 1000"), (5, "LOCK.ACQUIRE t p PX 1 WAIT 0")],
    );
    let other = log.batch(3, &[(6, "LOCK.ACQUIRE r q PX 1000 SHARED WAIT 0")]);
    assert!(other.waiting.is_empty() && owners(&log, "r") == ["p", "q"]);
    log.batch(3, &[(7, "LOCK.ACQUIRE r w PX 1000 WAIT 0"), (8, "LOCK.ACQUIRE u o PX 1000")]);
    log.batch(3, &[(9, "LOCK.ACQUIRE u q PX 1000 WAIT 0")]);
    let text = reply(&log.batch(3, &[(8, "LOCK.ACQUIRE r o PX 1 SHARED WAIT 0")]));
    assert_eq!(
        text,
        "DEADLOCK 'o' waits for 'r' behind 'w', 'w' waits for 'r' held by 'q', 'q' waits for 'u' held by 'o'"
    );
}

#[test]
fn a_circle_beyond_the_bound_is_not_found_and_shown_is_its_beginning() {
    for (owners, is_found) in [(40, true), (1024, true), (1025, false)] {
        let mut log = Log::new();
        let holds: Vec<String> = (0..owners).map(|owner| format!("LOCK.ACQUIRE l{owner} o{owner} PX 1000")).collect();
        log.batch(2, &holds.iter().map(|line| (0, line.as_str())).collect::<Vec<_>>());
        let wait = |owner: usize| format!("LOCK.ACQUIRE l{} o{owner} PX 1000 WAIT 0", (owner + 1) % owners);
        let waits: Vec<String> = (1..owners).map(wait).collect();
        log.batch(2, &(1..).zip(&waits).map(|(connection, line)| (connection, line.as_str())).collect::<Vec<_>>());
        let last = log.batch(3, &[(5, &wait(0))]);
        assert_eq!(last.waiting.is_empty(), is_found, "{owners}");
        if is_found {
            let text = reply(&last);
            assert!(text.starts_with("DEADLOCK 'o0' waits for 'l1' held by 'o1', 'o1' waits"), "{text}");
            assert!(text.ends_with("'o15' waits for 'l16' held by 'o16', and so on"), "{text}");
        }
    }
}
