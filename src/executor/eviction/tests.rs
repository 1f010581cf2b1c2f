//! What a leader proposes as its memory fills, and what a node refuses.

use std::sync::atomic::AtomicU64;

use super::*;
use crate::store::{Deadline, Effects, Rng, Str, Victim};

/// A measure that the test sets, by a number of its own.
macro_rules! measure {
    ($used:ident) => {
        static $used: AtomicU64 = AtomicU64::new(0);
    };
}

fn state(policy: Policy, keys: usize) -> State {
    let mut state = State::default();
    state.cluster.level = crate::FEATURE_LEVEL;
    state.options.maxmemory_policy = policy as u64;
    for number in 0..keys {
        let value = Str::new(&[b'v'; 100]).into();
        let key = format!("k{number}");
        state.txn(0, Rng::new(1), &mut Effects::default()).set(key.as_bytes(), value, Deadline::Clear);
    }
    state
}

fn victims(content: Option<Content>) -> Vec<Victim> {
    match content {
        Some(Content::Evict { victims, is_none_left: false, .. }) => victims,
        other => panic!("{other:?}"),
    }
}

fn is_none_left(content: Option<Content>) -> Option<bool> {
    content.map(|content| match content {
        Content::Evict { is_none_left, victims, .. } => {
            assert!(victims.is_empty());
            is_none_left
        }
        other => panic!("{other:?}"),
    })
}

#[test]
fn leader_proposes_what_is_above_the_bound_and_not_on_its_way() {
    measure!(USED);
    let eviction = Eviction::by(|| USED.load(Relaxed));
    let state = state(Policy::AllkeysLru, 5000);
    eviction.set_maxmemory(10_000_000);
    eviction.moved(&state);
    USED.store(10_000_000, Relaxed);
    assert_eq!(eviction.next(&state, 1), None, "it is no more than the bound");
    USED.store(10_010_000, Relaxed);
    let first = victims(eviction.next(&state, 1));
    let bytes = |victims: &[Victim]| victims.iter().map(|v| state.still_victim(v).unwrap().memory()).sum::<usize>();
    assert!((10_000..10_300).contains(&bytes(&first)), "{}", bytes(&first));
    assert_eq!(eviction.next(&state, 1), None, "as much is on its way");
    USED.store(10_015_000, Relaxed);
    let second = victims(eviction.next(&state, 1));
    assert!((4000..5300).contains(&bytes(&second)), "{}", bytes(&second));
    assert!(second.iter().all(|victim| !first.contains(victim)));
    // What is being freed, and what images keep, goes with nobody's help.
    let freeing = eviction.frees.begin(1_000_000, 1);
    USED.store(11_014_000, Relaxed);
    assert_eq!(eviction.next(&state, 1), None);
    drop(freeing);
    let image = state.image();
    state.keep_for_images(1_000_000);
    assert_eq!(eviction.next(&state, 1), None);
    drop(image);
    assert!(!victims(eviction.next(&state, 1)).is_empty());
    // Lost in the log: it is proposed again.
    eviction.rest();
    USED.store(10_010_000, Relaxed);
    victims(eviction.next(&state, 1));
    assert_eq!(eviction.next(&state, OUT_FOR_MS), None);
    victims(eviction.next(&state, 1 + OUT_FOR_MS));
}

#[test]
fn portions_are_bounded() {
    measure!(USED);
    let eviction = Eviction::by(|| USED.load(Relaxed));
    let state = state(Policy::AllkeysRandom, 5000);
    eviction.set_maxmemory(1);
    eviction.moved(&state);
    USED.store(1 << 30, Relaxed);
    for number in 1..=OUT_MAX {
        let portion = victims(eviction.next(&state, 1));
        assert!((1..=VICTIMS_MAX).contains(&portion.len()), "{number}");
    }
    assert_eq!(eviction.next(&state, 1), None);
    eviction.heard(1, false, 1);
    victims(eviction.next(&state, 1));
    assert_eq!(eviction.next(&state, 1), None);
}

#[test]
fn writes_are_refused_while_the_leader_says_that_nothing_is_left() {
    measure!(USED);
    let eviction = Eviction::by(|| USED.load(Relaxed));
    let empty = state(Policy::VolatileLru, 10);
    eviction.set_maxmemory(1000);
    eviction.moved(&empty);
    USED.store(50 << 20, Relaxed);
    assert!(!eviction.refuses(100) && eviction.is_crowded(), "nobody has said so yet");
    assert_eq!(is_none_left(eviction.next(&empty, 100)), Some(true));
    assert_eq!(eviction.next(&empty, 100), None, "it is said once");
    eviction.heard(1, true, 100);
    assert!(eviction.refuses(100) && !eviction.is_crowded());
    assert!(eviction.refuses(99 + BELIEVED_MS) && !eviction.refuses(100 + BELIEVED_MS), "a leader that is gone");
    assert_eq!(eviction.next(&empty, 99 + SAY_EVERY_MS), None);
    assert_eq!(is_none_left(eviction.next(&empty, 100 + SAY_EVERY_MS)), Some(true), "it is said again");
    eviction.heard(2, true, 700);
    // There is room again, and that is said at once.
    USED.store(1000, Relaxed);
    assert_eq!(is_none_left(eviction.next(&empty, 701)), Some(false));
    eviction.heard(3, false, 701);
    assert!(!eviction.refuses(701));
    assert_eq!(eviction.next(&empty, 702), None);
    // A key that may go is found, and those who wait are let in.
    USED.store(50 << 20, Relaxed);
    eviction.heard(4, true, 703);
    let others = state(Policy::AllkeysLru, 10);
    eviction.moved(&others);
    assert_eq!(victims(eviction.next(&others, 704)).len(), 10);
    // Under noeviction the node's own memory decides, and nobody's word.
    let none = state(Policy::NoEviction, 10);
    eviction.moved(&none);
    assert!(eviction.refuses(705) && !eviction.is_crowded() && eviction.next(&none, 705).is_none());
    USED.store(1000, Relaxed);
    assert!(!eviction.refuses(705));
}

#[test]
fn leader_is_crowded_beyond_the_slack() {
    measure!(USED);
    let eviction = Eviction::by(|| USED.load(Relaxed));
    let bound = 640 << 20;
    assert_eq!((slack(bound), slack(1), slack(1 << 40)), (20 << 20, 1 << 20, 64 << 20));
    eviction.set_maxmemory(bound);
    eviction.moved(&state(Policy::AllkeysLru, 1));
    for (used, is_crowded) in [(0, false), (bound + (20 << 20), false), (bound + (20 << 20) + 1, true)] {
        USED.store(used, Relaxed);
        assert_eq!(eviction.is_crowded(), is_crowded, "{used}");
    }
    eviction.set_maxmemory(0);
    assert!(!eviction.is_crowded());
}

/// All keys at once, so that what is on its way is all that there is.
#[test]
fn what_was_lost_on_its_way_is_picked_again_by_this_leader_and_after_another() {
    measure!(USED);
    let eviction = Eviction::by(|| USED.load(Relaxed));
    let state = state(Policy::AllkeysLru, 10);
    eviction.set_maxmemory(1);
    eviction.moved(&state);
    USED.store(1 << 20, Relaxed);
    let all = |now_ms| victims(eviction.next(&state, now_ms)).len();
    assert_eq!(all(1), 10);
    assert_eq!(eviction.next(&state, 2), None, "all of them are on their way");
    assert_eq!(all(1 + OUT_FOR_MS), 10, "the entry was lost");
    // Another one has led meanwhile.
    eviction.rest();
    assert_eq!(all(2 + OUT_FOR_MS), 10);
    // What was applied, and has left them, is no longer on its way.
    eviction.heard(3, false, 3 + OUT_FOR_MS);
    assert_eq!(all(3 + OUT_FOR_MS), 10);
}

#[test]
fn that_nothing_is_left_is_said_at_once_when_it_was_otherwise_in_between() {
    measure!(USED);
    let eviction = Eviction::by(|| USED.load(Relaxed));
    let (empty, others) = (state(Policy::VolatileLru, 10), state(Policy::AllkeysLru, 10));
    eviction.set_maxmemory(1000);
    eviction.moved(&empty);
    USED.store(50 << 20, Relaxed);
    assert_eq!(is_none_left(eviction.next(&empty, 100)), Some(true));
    eviction.heard(1, true, 100);
    assert_eq!(victims(eviction.next(&others, 101)).len(), 10);
    eviction.heard(2, false, 101);
    assert_eq!(is_none_left(eviction.next(&empty, 102)), Some(true));
    eviction.heard(3, true, 102);
    // Another one has led meanwhile, which may have said something else.
    eviction.rest();
    assert_eq!(is_none_left(eviction.next(&empty, 103)), Some(true));
    eviction.heard(4, true, 103);
    // The policy evicts no more, and then does again: nobody has said anything about that.
    eviction.moved(&state(Policy::NoEviction, 1));
    eviction.moved(&empty);
    assert!(!eviction.refuses(103));
}
