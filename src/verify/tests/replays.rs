//! Logs that a faulty apply has worked on: its faults are made by a hand in the state between two entries.

use super::super::replay::Replay;
use super::super::spec::Spec;
use super::*;
use crate::store::{Boot, Entry as KeyEntry, Kind, Lock};

/// Replays `made`, with a hand in the state before entry `at`: what the spec says of it.
fn replayed(made: &Made, at: u64, hand: impl FnOnce(&mut State)) -> Vec<String> {
    let mut replay = Replay::from_nothing();
    let mut hand = Some(hand);
    for entry in &made.entries {
        if entry.log_id.index == at
            && let Some(hand) = hand.take()
        {
            hand(&mut replay.state);
        }
        match &entry.payload {
            EntryPayload::Normal(payload) => replay.apply(entry.log_id, prepared(&payload.0)),
            _ => replay.pass(entry.log_id),
        }
    }
    replay.finish();
    texts(&replay.spec)
}

fn texts(spec: &Spec) -> Vec<String> {
    spec.violations().0.iter().map(|found| format!("{}: {}", found.index, found.what)).collect()
}

#[track_caller]
fn assert_found(found: &[String], what: &str) {
    assert!(found.iter().any(|found| found.contains(what)), "expected {what:?}: {found:#?}");
}

fn last_seq(state: &mut State, last_seq: u64) {
    state.origins.restore(BOOT, Boot { node: 1, nonce: 5, last_seq });
}

#[test]
fn a_sound_log_has_no_violation() {
    assert_eq!(replayed(&Made::usual(), 5, |_| ()), [] as [String; 0]);
}

#[test]
fn a_batch_that_is_applied_again_is_found() {
    let mut made = Made::usual();
    let again = made.entries[4].payload.clone();
    let index = made.entries.len() as u64;
    made.entries.push(Entry { log_id: id(1, index), payload: again });
    // Passed over, as a batch that is sent again is.
    assert_eq!(replayed(&made, index, |_| ()), [] as [String; 0]);
    let found = replayed(&made, index, |state| last_seq(state, 1));
    assert_found(&found, &format!("{index}: batch 2 of boot 2 is applied twice"));
}

#[test]
fn a_batch_that_is_left_out_is_found() {
    let made = Made::usual();
    let found = replayed(&made, 5, |state| last_seq(state, 4));
    assert_found(&found, "5: batch 3 of boot 2 is left out, and it is its turn");
    let mut gap = Made::usual();
    gap.entries.remove(5);
    gap.entries.iter_mut().zip(0..).for_each(|(entry, index)| entry.log_id = id(1, index));
    let found = replayed(&gap, 5, |state| last_seq(state, 3));
    assert_found(&found, "5: batch 4 of boot 2 is applied, and 3 to 3 are missing");
}

#[test]
fn a_token_that_falls_is_found() {
    let found = replayed(&Made::usual(), 6, |state| {
        let (now_ms, digest) = (state.now_ms(), state.digest.value());
        state.restore_counters(500, now_ms, digest, &[]);
    });
    assert_found(&found, "6: lock 'l' is held by token 50");
}

#[test]
fn a_hold_that_changes_hands_without_a_word_is_found() {
    let other = |state: &mut State| {
        let entry = state.db(0).get(b"l").unwrap();
        let (lock, revision, now_ms) = (Lock::of(entry.value()).unwrap(), entry.revision(), state.now_ms());
        let mut hold = lock.holds()[0].clone();
        (hold.owner, hold.token) = ((*b"other").into(), hold.token - 1);
        let deadline_ms = entry.deadline_ms();
        let lock = Lock::from_parts(lock.mode(), vec![hold], 0).unwrap();
        state.restore_entry(0, KeyEntry::new(b"l", lock.into(), revision, deadline_ms, now_ms));
    };
    assert_found(&replayed(&Made::usual(), 7, other), "lock 'l' is held by");
}

#[test]
fn a_hold_or_key_that_ends_early_is_found() {
    // The state's time runs ahead of the leader's.
    let found = replayed(&Made::usual(), 4, |state| state.advance_clock(BEGIN_MS + 400));
    assert_found(&found, "4: the hold 1003 of lock 'l' expires at");
    assert_found(&found, "4: key 'b' of database 0 expires at");
    // Its end was moved without a word.
    let earlier = |state: &mut State| {
        let entry = state.db(0).get(b"m").unwrap();
        let (lock, revision, now_ms) = (Lock::of(entry.value()).unwrap(), entry.revision(), state.now_ms());
        let mut hold = lock.holds()[0].clone();
        (hold.deadline_ms, hold.own_deadline_ms) = (now_ms + 1, Some(now_ms + 1));
        let lock = Lock::from_parts(lock.mode(), vec![hold], 0).unwrap();
        state.restore_entry(0, KeyEntry::new(b"m", lock.into(), revision, Some(now_ms + 1), now_ms));
    };
    let found = replayed(&Made::usual(), 6, earlier);
    assert_found(&found, "6: the hold 1006 of lock 'm' expires at");
}
