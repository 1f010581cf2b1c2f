//! Locks from entry to entry, by hand. ([`super::several`] has the random run.)

use super::waiters::{Log, released};
use super::*;
use crate::store::{Kind, Lock};

#[test]
fn a_lock_goes_to_the_first_in_its_queue_and_its_time_begins_then() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 1000")]);
    log.batch(3, &[(6, "LOCK.ACQUIRE l b PX 1000 WAIT 5000"), (7, "LOCK.ACQUIRE l c PX 1000 WAIT 0")]);
    log.now_ms = 1300;
    let refused = log.batch(2, &[(8, "LOCK.ACQUIRE l d PX 1000")]);
    assert_eq!(format!("{:?}", refused.answers[0].1[0]), format!("{:?}", StepReply::Reply(Reply::NilArray)));
    let outcome = log.batch(2, &[(5, "LOCK.RELEASE l a")]);
    let token = log.origin.revision();
    let granted = Reply::Array(vec![Reply::Int(token as i64), Reply::Int(1300 - 2 - 1)]);
    assert_eq!(released(&outcome), [(6, format!("{granted:?}"))], "the time that it waited counts for the client");
    assert_eq!(log.origin.db(0).get(b"l").unwrap().deadline_ms(), Some(2300));
}

#[test]
fn a_wait_whose_turn_came_in_time_is_granted_even_if_the_entry_comes_late() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 100")]);
    log.batch(2, &[(6, "LOCK.ACQUIRE l b PX 50 WAIT 100"), (7, "LOCK.ACQUIRE l c PX 1000 WAIT 100")]);
    log.now_ms = 9000;
    let outcome = log.content(&Content::Tick);
    let ended: Vec<(u64, bool)> = released(&outcome).iter().map(|(id, text)| (*id, text != "NilArray")).collect();
    assert_eq!(ended, [(6, true), (7, false)], "the end of the hold comes before the end of the waits of that ms");
    assert_eq!(log.origin.first_awaited_ms(), None, "nobody waits");
    log.batch(2, &[(7, "LOCK.ACQUIRE l c PX 1000 WAIT 500")]);
    assert_eq!(log.origin.first_awaited_ms(), Some(9050), "the leader ticks when the hold ends");
}

#[test]
fn a_cancel_ends_the_hold_that_it_came_too_late_for_and_no_other() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 1000"), (6, "LOCK.ACQUIRE l b PX 1000 WAIT 0")]);
    log.batch(2, &[(7, "LOCK.ACQUIRE l c PX 1000 WAIT 0")]);
    log.batch(2, &[(5, "LOCK.RELEASE l a")]);
    let outcome = log.batch(2, &[(6, "wait._cancel")]);
    assert_eq!(released(&outcome).iter().map(|(id, _)| *id).collect::<Vec<_>>(), [7]);
    log.batch(2, &[(7, "wait._cancel")]);
    assert!(log.origin.db(0).get(b"l").is_none());
}

/// A request that was sent again over another connection: whichever is carried out first, the owner may have been told of the hold.
#[test]
fn a_hold_that_two_requests_were_told_of_ends_with_neither() {
    for second in ["LOCK.ACQUIRE l a PX 1000", "LOCK.ACQUIRE l a PX 1000 WAIT 5", "LOCK.EXTEND l a PX 1000"] {
        for cancelled in [[(2, 5), (3, 9)], [(3, 9), (2, 5)]] {
            let mut log = Log::new();
            log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 1000")]);
            log.batch(3, &[(9, second)]);
            for (boot, connection) in cancelled {
                log.batch(boot, &[(connection, "wait._cancel")]);
                assert!(log.origin.db(0).get(b"l").is_some(), "{second}, and then the end of {connection}");
            }
        }
    }
}

#[test]
fn the_end_of_a_boot_makes_way_for_those_behind_it() {
    let mut log = Log::new();
    log.batch(3, &[(5, "LOCK.ACQUIRE l a PX 100000 SHARED"), (6, "LOCK.ACQUIRE l b PX 1000 WAIT 0")]);
    log.batch(2, &[(7, "LOCK.ACQUIRE l c PX 1000 WAIT 0 SHARED")]);
    let outcome = log.content(&Content::Absent { boot: 3 });
    assert_eq!(released(&outcome).len(), 1);
    let names = |log: &Log| lock(log, "l").iter().map(|hold| hold.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&log), ["a", "c"], "holds of an absent node stay: their holders may be alive");
}

#[test]
fn what_is_bound_to_connections_ends_with_their_boot_by_their_own_node_alone() {
    let mut log = Log::new();
    let names = |log: &Log, name: &str| lock(log, name).iter().map(|hold| hold.0.clone()).collect::<Vec<_>>();
    log.batch(2, &[(6, "LOCK.ACQUIRE other a PX 100000 CONNECTION")]);
    log.batch(3, &[(5, "LOCK.ACQUIRE l a PX 100000 CONNECTION"), (6, "LOCK.ACQUIRE n a PX 100000")]);
    log.batch(2, &[(7, "LOCK.ACQUIRE l b PX 100000 WAIT 0 CONNECTION")]);
    log.content(&Content::Absent { boot: 3 });
    assert_eq!(names(&log, "l"), ["a"], "its holder may be alive");
    let booted = log.content(&Content::Boot { node: 2, nonce: 77 });
    assert_eq!((booted.ended, released(&booted).len()), (None, 1));
    assert_eq!((names(&log, "l"), names(&log, "n")), (vec!["b".to_owned()], vec!["a".to_owned()]));
    // The same boot once more is no other one.
    log.content(&Content::Boot { node: 1, nonce: 5 });
    assert_eq!(names(&log, "other"), ["a"]);
    log.content(&Content::EndBoot { boot: 2 });
    assert!(names(&log, "l").is_empty() && names(&log, "other").is_empty());
    assert_eq!(names(&log, "n"), ["a"]);
}

/// A request sent again over another connection is carried out first, and then what was sent on the first one, twice.
#[test]
fn a_hold_that_two_connections_acquired_ends_with_neither_until_the_boot_of_the_other_has_ended() {
    let mut log = Log::new();
    let acquire = "LOCK.ACQUIRE l a PX 100000 CONNECTION";
    log.batch(3, &[(9, acquire)]);
    log.batch(2, &[(5, acquire), (5, acquire), (5, "wait._leave")]);
    log.batch(3, &[(9, acquire)]);
    log.batch(3, &[(9, "wait._leave")]);
    assert_eq!(lock(&log, "l").len(), 1);
    log.content(&Content::Absent { boot: 2 });
    log.batch(3, &[(9, acquire), (9, "wait._leave")]);
    assert_eq!(lock(&log, "l").len(), 0);
}

#[test]
fn a_lost_hold_is_told_to_its_connection_and_to_the_one_that_opened_its_session() {
    let mut log = Log::new();
    let lost = |outcome: &EntryOutcome| {
        let lost = outcome.effects.pubsub.iter().filter_map(|(_, what)| match what {
            crate::store::PubSub::LockLost(lost) => Some((lost.boot, lost.connection, lost.reason)),
            _ => None,
        });
        lost.collect::<Vec<_>>()
    };
    log.batch(2, &[(5, "SESSION.OPEN PX 100")]);
    let id = log.origin.revision();
    log.batch(2, &[(8, &format!("LOCK.ACQUIRE l a SESSION {id}")), (8, "LOCK.ACQUIRE m a PX 50")]);
    // Acquired again, a hold is the one's that asked last.
    log.batch(3, &[(6, &format!("LOCK.ACQUIRE l a SESSION {id}")), (7, "LOCK.ACQUIRE m a PX 50")]);
    log.batch(2, &[(5, &format!("LOCK.ACQUIRE n a SESSION {id}")), (8, "LOCK.ACQUIRE o a PX 500 CONNECTION")]);
    assert_eq!(lost(&log.batch(2, &[(8, "wait._leave")])), [], "it is gone");
    log.now_ms += 60;
    assert_eq!(lost(&log.content(&Content::Tick)), [(3, 7, "expired")]);
    log.now_ms += 60;
    let expected = [(3, 6, "session"), (2, 5, "session"), (2, 5, "session")];
    assert_eq!(lost(&log.content(&Content::Tick)), expected, "and once, if it is the same");
    assert_eq!(log.origin.first_awaited_ms(), None);
}

#[test]
fn a_session_ends_before_what_is_due_with_it_and_its_waits_end_with_it() {
    let mut log = Log::new();
    log.batch(2, &[(5, "SESSION.OPEN PX 100")]);
    let id = log.origin.revision();
    assert_eq!(log.origin.first_awaited_ms(), Some(1100), "the leader ticks when it ends");
    log.batch(2, &[(5, &format!("LOCK.ACQUIRE l a SESSION {id}")), (6, "LOCK.ACQUIRE m x PX 50")]);
    log.batch(2, &[(6, "LOCK.ACQUIRE k x PX 100")]);
    log.batch(
        3,
        &[(7, &format!("LOCK.ACQUIRE m b PX 1000 WAIT 0 SESSION {id}")), (8, "LOCK.ACQUIRE l c PX 10 WAIT 100")],
    );
    log.now_ms = 9000;
    let ended = log.content(&Content::Tick);
    let got = |connection: u64| released(&ended).into_iter().find(|(id, _)| *id == connection).unwrap().1;
    assert!(got(7).contains("NOSESSION"), "its turn came, but its session is over by now: {}", got(7));
    assert!(got(8).starts_with("Array"), "{}", got(8));
    let events: Vec<String> = told(&ended).into_iter().map(|(_, text)| text).collect();
    let at = |start: &str| events.iter().position(|text| text.starts_with(start)).unwrap();
    assert!(at("__lock__:m expired") < at("__lock__:l lost") && at("__lock__:l lost") < at("__lock__:k expired"));
    assert!(log.origin.sessions().is_empty() && lock(&log, "m").is_empty());
}

#[test]
fn bindings_to_a_connection_need_one() {
    let mut log = Log::new();
    let reply = |outcome: EntryOutcome| format!("{:?}", outcome.answers[0].1[0]);
    for line in [
        "ONCE id LOCK.ACQUIRE l a PX 1000 CONNECTION",
        "EVAL return{redis.pcall('lock.acquire','l','a','PX','9','CONNECTION')} 0",
    ] {
        let text = reply(log.batch(2, &[(0, line)]));
        assert!(text.contains("CONNECTION is not possible in a script"), "{line}: {text}");
    }
}

#[test]
fn scripts_and_transactions_do_not_wait() {
    let mut log = Log::new();
    let reply = |outcome: EntryOutcome| format!("{:?}", outcome.answers[0].1[0]);
    log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 1000")]);
    let script = "EVAL return{redis.pcall('lock.acquire','l','b','PX','9','WAIT','1'),redis.call('lock.acquire','m','b','PX','99')} 0";
    let text = reply(log.batch(2, &[(0, script)]));
    assert!(text.contains("This Redis command is not allowed from script"), "{text}");
    assert!(log.origin.db(0).get(b"m").is_some() && log.origin.waiters().is_empty());
}

/// What an entry tells the subscribers of locks, each with the place of the command.
pub(super) fn told(outcome: &EntryOutcome) -> Vec<(u64, String)> {
    let text = |(position, what): &(u64, crate::store::PubSub)| match what {
        crate::store::PubSub::Published(crate::store::SubscriptionKind::Channel, channel, message) => {
            Some((*position, format!("{} {}", String::from_utf8_lossy(channel), String::from_utf8_lossy(message))))
        }
        crate::store::PubSub::LockLost(_) => None,
        other => panic!("{other:?}"),
    };
    outcome.effects.pubsub.iter().filter_map(text).collect()
}

#[test]
fn what_happens_to_locks_is_published_in_the_order_of_the_log() {
    let mut log = Log::new();
    let got = log.batch(
        2,
        &[(5, "LOCK.ACQUIRE l a PX 50"), (6, "LOCK.ACQUIRE m a PX 20"), (7, "LOCK.ACQUIRE l b PX 10 WAIT 0")],
    );
    let first = log.origin.revision();
    let acquired = |name: &str, token: u64, owner: &str| format!("__lock__:{name} acquired {token} {owner}");
    assert_eq!(told(&got), [(1, acquired("l", first - 2, "a")), (2, acquired("m", first - 1, "a"))]);
    log.now_ms += 100;
    let swept = log.content(&Content::Tick);
    let b = log.origin.revision();
    let expected = [
        format!("__lock__:m expired {} a", first - 1),
        format!("__lock__:l expired {} a", first - 2),
        acquired("l", b, "b"),
    ];
    assert_eq!(told(&swept), expected.map(|text| (0, text)));
    let gone = log.batch(2, &[(0, "SET x y"), (7, "wait._cancel"), (0, "LOCK.EXTEND l b PX 10")]);
    assert_eq!(told(&gone), [(2, format!("__lock__:l lost {b} b"))], "its client was not told of it");
}

pub(super) type Seen = (String, u64, u64);

pub(super) fn lock(log: &Log, name: &str) -> Vec<Seen> {
    let entry = log.origin.db(0).get(name.as_bytes());
    let lock = entry.and_then(|entry| Lock::of(entry.value()));
    let seen =
        |hold: &crate::store::Hold| (String::from_utf8(hold.owner.to_vec()).unwrap(), hold.token, hold.deadline_ms);
    lock.into_iter().flat_map(Lock::holds).map(seen).collect()
}

#[test]
fn a_wait_that_ended_before_the_last_hold_did_is_not_served_however_late_the_entry_is() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 10 SHARED"), (6, "LOCK.ACQUIRE l b PX 30 SHARED")]);
    log.batch(2, &[(7, "LOCK.ACQUIRE l c PX 1000 WAIT 20")]);
    log.now_ms += 100;
    assert_eq!(released(&log.content(&Content::Tick)), [(7, "NilArray".to_owned())]);
}

#[test]
fn a_request_whose_client_was_gone_takes_its_own_hold_alone() {
    let mut log = Log::new();
    log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 1000 SHARED"), (6, "LOCK.ACQUIRE l b PX 1000 SHARED")]);
    log.batch(2, &[(5, "wait._cancel")]);
    assert_eq!(lock(&log, "l").into_iter().map(|hold| hold.0).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn who_leaves_waits_no_more_and_what_waits_is_in_the_digest() {
    let digest = |lines: &[(u64, &str)]| {
        let mut log = Log::new();
        log.batch(2, &[(5, "LOCK.ACQUIRE l a PX 1000")]);
        for line in lines {
            log.batch(2, &[*line]);
        }
        (log.origin.digest.value(), log.origin.waiters().len())
    };
    let wait = "LOCK.ACQUIRE l b PX 9 WAIT 100";
    for [one, other] in [
        [&[(6, wait)][..], &[(7, wait)][..]],
        [&[(6, wait)], &[(6, "LOCK.ACQUIRE l b PX 9 WAIT 200")]],
        [&[(6, wait), (7, wait), (6, "wait._leave")], &[(6, wait), (7, wait), (7, "wait._leave")]],
    ] {
        let (one, other) = (digest(one), digest(other));
        assert_ne!(one.0, other.0);
        assert_eq!((one.1, other.1), (1, 1), "one waits on");
    }
}
