//! Commands that wait, from entry to entry.

use std::collections::BTreeMap;

use super::*;
use crate::command::{Caller, check};
use crate::executor::Asker;
use crate::executor::entry::own;
use crate::store::WaiterId;

/// A state with boots 2 and 3, of nodes 1 and 2, and every entry applied to two of them: at the origin, and elsewhere.
pub(super) struct Log {
    pub(super) origin: State,
    other: State,
    index: u64,
    seqs: [u64; 2],
    pub(super) now_ms: u64,
    /// Database of the next commands.
    pub(super) db: usize,
    /// How often each connection of a boot has asked.
    asked: BTreeMap<(u64, u64), u64>,
}

impl Log {
    pub(super) fn new() -> Self {
        let state = || {
            let mut state = booted();
            state.cluster.level = crate::FEATURE_LEVEL;
            apply(&mut state, 3, prepared(encode(&Content::Boot { node: 2, nonce: 6 }), 100), |_, _| None);
            state
        };
        Self { origin: state(), other: state(), index: 3, seqs: [0, 0], now_ms: 1000, db: 0, asked: BTreeMap::new() }
    }

    /// Sets replicated options on both.
    pub(super) fn set_options(&mut self, set: impl Fn(&mut crate::store::Options)) {
        set(&mut self.origin.options);
        set(&mut self.other.options);
    }

    pub(super) fn content(&mut self, content: &Content) -> EntryOutcome {
        self.entry(encode(content), None)
    }

    fn entry(&mut self, unsealed: bytes::BytesMut, groups: Option<Vec<CommandGroup>>) -> EntryOutcome {
        self.index += 1;
        apply(&mut self.other, self.index, prepared(unsealed.clone(), self.now_ms), |_, _| None);
        let outcome = apply(&mut self.origin, self.index, prepared(unsealed, self.now_ms), |_, _| groups);
        assert_eq!(self.origin.digest.value(), self.other.digest.value());
        assert!(self.origin.waiters().iter().eq(self.other.waiters().iter()));
        self.origin.validate().unwrap();
        outcome
    }

    /// A batch of one boot: each line a command, with the connection that asks where it may wait.
    pub(super) fn batch(&mut self, boot: u64, lines: &[(u64, &str)]) -> EntryOutcome {
        let seq = &mut self.seqs[boot as usize - 2];
        *seq += 1;
        let mut batch = BatchWriter::new(boot, *seq, 64);
        let mut groups = Vec::new();
        for (connection, line) in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let args = Args::from_slices(&words);
            let mut command = Command::new(check(Caller::Log, &args).unwrap(), self.db, args);
            if *connection != 0 {
                let number = self.asked.entry((boot, *connection)).or_default();
                *number += u64::from(matches!(command.spec.run, Run::Blocking(_)));
                command = command.asked_by(Asker::new(*connection, *number));
            }
            batch.add(&command);
            let (group, _) = CommandGroup::new(vec![Step::Write(command)], ReadLevel::Linearizable, false, *connection);
            groups.push(group);
        }
        self.entry(batch.finish(), Some(groups))
    }
}

/// The connections whose waits have ended, and what they are told.
pub(super) fn released(outcome: &EntryOutcome) -> Vec<(u64, String)> {
    outcome.effects.released.iter().map(|(id, reply)| (id.connection, format!("{reply:?}"))).collect()
}

fn popped(connection: u64, key: &str, element: &str) -> (u64, String) {
    (connection, format!("{:?}", Reply::bulks([key, element])))
}

fn nil(connection: u64) -> (u64, String) {
    (connection, "NilArray".into())
}

fn waiting(log: &Log) -> Vec<u64> {
    log.origin.waiters().iter().map(|(id, _, _)| id.connection).collect()
}

#[test]
fn a_wait_is_served_by_a_later_entry_once_and_in_its_turn() {
    let mut log = Log::new();
    let first = log.batch(2, &[(8, "BLPOP k 0"), (7, "BLPOP k 0")]);
    let names: Vec<u64> = first.waiting.iter().map(|(id, _, _)| id.connection).collect();
    assert!(first.answers.is_empty() && names == [8, 7]);
    log.batch(3, &[(9, "BLPOP k 0")]);
    let revision = log.origin.revision();
    let pushed = log.batch(3, &[(0, "RPUSH k a b")]);
    assert_eq!(
        released(&pushed),
        [popped(8, "k", "a"), popped(7, "k", "b")],
        "as they came, not by boot or connection"
    );
    assert_eq!(log.origin.revision(), revision + 3, "one for the command, and one for each that was served");
    assert_eq!((waiting(&log), log.origin.db(0).len()), (vec![9], 0));
    assert_eq!(released(&log.batch(2, &[(0, "RPUSH k c d")])), [popped(9, "k", "c")]);
    assert!(released(&log.batch(2, &[(0, "RPUSH k e")])).is_empty());
}

#[test]
fn waits_end_at_their_deadline_in_order_and_not_before() {
    let mut log = Log::new();
    log.batch(2, &[(5, "BLPOP a 2"), (6, "BLPOP b 1"), (7, "BLPOP c 1")]);
    log.now_ms = 2000;
    // Its turn has come by its deadline.
    assert_eq!(released(&log.batch(3, &[(0, "RPUSH c x")])), [popped(7, "c", "x")]);
    log.now_ms = 2001;
    let late = log.batch(3, &[(0, "RPUSH b x")]);
    assert_eq!(released(&late), [nil(6)], "the wait was over before the command");
    log.now_ms = 5000;
    assert_eq!(released(&log.content(&Content::Tick)), [nil(5)]);
    assert!(log.origin.waiters().is_empty());
}

#[test]
fn a_transaction_or_chain_is_served_as_a_whole_and_in_the_order_of_readiness() {
    let mut log = Log::new();
    log.batch(2, &[(5, "BLMOVE a b LEFT LEFT 0"), (6, "BLPOP b 0"), (7, "BLPOP c 0")]);
    let served =
        log.batch(2, &[(0, "EVAL redis.call('rpush','c',1)redis.call('rpush','a',2)redis.call('lpush','c',3) 0")]);
    let moved = (5, format!("{:?}", Reply::bulk("2")));
    assert_eq!(released(&served), [popped(7, "c", "3"), moved, popped(6, "b", "2")]);
}

#[test]
fn ended_boots_and_cancels_take_waits_out_and_nobody_elses() {
    let mut log = Log::new();
    log.batch(2, &[(5, "BLPOP k 0"), (6, "BLPOP k 0")]);
    log.batch(3, &[(5, "BLPOP k 0"), (9, "BLPOP k 0")]);
    assert_eq!(released(&log.batch(2, &[(5, "wait._cancel")])), [(5, "Nil".into())]);
    assert_eq!(waiting(&log), [6, 5, 9], "the same connection of another boot waits on");
    assert_eq!(released(&log.batch(2, &[(0, "wait._unblock 9 error")])).len(), 1);
    let ended = log.content(&Content::Absent { boot: 2 });
    assert_eq!((ended.ended, waiting(&log)), (Some(2), vec![5]));
    let booted = log.content(&Content::Boot { node: 2, nonce: 77 });
    assert_eq!((booted.ended, waiting(&log)), (Some(3), vec![]));
    assert_eq!(released(&log.content(&Content::Tick)), []);
}

#[test]
fn waits_and_subscriptions_of_a_node_that_was_removed_end_with_its_boot() {
    let mut log = Log::new();
    log.batch(2, &[(6, "BLPOP k 0")]);
    log.batch(3, &[(9, "BLPOP k 0"), (7, "pubsub._hold c news")]);
    assert_eq!((waiting(&log), log.origin.subscriptions().iter().count()), (vec![6, 9], 1));
    // The state is looked at behind each entry.
    log.entry(own::settle(2, true), None);
    assert_eq!((waiting(&log), log.origin.subscriptions().iter().count()), (vec![6], 0));
    assert_eq!(released(&log.batch(2, &[(1, "RPUSH k a b")])).len(), 1, "nobody who has gone takes an element");
    assert_eq!(log.batch(2, &[(1, "LPOP k")]).answers[0].1, [Reply::Bulk("b".into())]);
}

#[test]
fn below_their_level_nothing_waits_and_no_boot_is_absent() {
    let mut log = Log::new();
    (log.origin.cluster.level, log.other.cluster.level) = (WAITERS_LEVEL - 1, WAITERS_LEVEL - 1);
    let outcome = log.batch(2, &[(5, "BLPOP k 0")]);
    let (_, replies) = &outcome.answers[0];
    let StepReply::Reply(Reply::Error(error)) = &replies[0] else { panic!("{replies:?}") };
    assert!(error.to_string().starts_with("ERR unknown command 'BLPOP'"), "{error}");
    assert_eq!(log.content(&Content::Absent { boot: 2 }).ended, None);
}

#[test]
fn a_name_in_the_log_tells_connections_of_boots_apart() {
    let mut log = Log::new();
    let outcome = log.batch(3, &[(5, "BLPOP k 0.5")]);
    let (id, deadline_ms, _) = &outcome.waiting[0];
    assert_eq!((*id, *deadline_ms), (WaiterId { boot: 3, connection: 5, number: 1 }, 1500));
}
