//! That each policy picks what it says, and that the hand goes round.

use super::*;
use crate::store::{Binding, Deadline, Effects, Horizon, LockMode, LockRequest, Rng, Str, View};

fn state(policy: Policy) -> State {
    let mut state = State::default();
    state.cluster.level = crate::FEATURE_LEVEL;
    state.options.maxmemory_policy = policy as u64;
    state
}

fn set(state: &mut State, db: usize, key: &str, deadline: Deadline) {
    let value = Str::new(&[b'v'; 50]).into();
    state.txn(db, Rng::new(1), &mut Effects::default()).set(key.as_bytes(), value, deadline);
}

fn read(state: &State, key: &str, at_ms: u64) {
    let horizon = Horizon { applied_ms: at_ms, estimate_ms: at_ms };
    assert!(View::new(state, 0, horizon, Rng::new(1)).get(key.as_bytes()).is_some(), "{key}");
}

fn names(picked: &Picked) -> Vec<String> {
    picked.victims.iter().map(|victim| String::from_utf8_lossy(&victim.key).into_owned()).collect()
}

fn numbers(picked: &Picked) -> Vec<usize> {
    names(picked).iter().map(|name| name.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()).collect()
}

/// All that there are, picked and evicted in portions.
fn evict_all(state: &mut State) -> Vec<String> {
    let (mut picker, mut all) = (Picker::default(), Vec::new());
    loop {
        let picked = picker.pick(state, 1000, 0);
        if picked.is_none_left {
            return all;
        }
        all.extend(names(&picked));
        let mut effects = Effects::default();
        picked.victims.iter().for_each(|victim| state.evict(victim, &mut effects));
        assert_eq!(effects.evicted as usize, picked.victims.len(), "picked twice");
        picker.settle(&picked.victims.iter().map(place).collect::<Vec<_>>());
    }
}

#[test]
fn each_key_goes_once_and_of_those_without_a_deadline_only_under_allkeys_policies() {
    for policy in Policy::ALL {
        let mut state = state(policy);
        for number in 0..2000 {
            let deadline = if number % 2 == 0 { Deadline::At(1_000_000 + number) } else { Deadline::Clear };
            set(&mut state, number as usize % 3, &format!("k{number}"), deadline);
        }
        if policy == Policy::NoEviction {
            assert_eq!(Picker::default().pick(&state, 1000, 0), Picked::default());
            continue;
        }
        let all = evict_all(&mut state);
        assert_eq!(all.len(), if policy.is_volatile() { 1000 } else { 2000 }, "{policy:?}");
        let left: usize = (0..DATABASES).map(|db| state.db(db).len()).sum();
        assert_eq!(left, 2000 - all.len(), "{policy:?}");
        if policy == Policy::VolatileTtl {
            let numbers = all.iter().map(|name| name[1..].parse::<usize>().unwrap());
            // By databases, and in each by deadline.
            assert!(numbers.collect::<Vec<_>>().windows(2).filter(|pair| pair[0] > pair[1]).count() <= 2);
        }
    }
}

#[test]
fn lru_takes_what_was_not_asked_for_for_longest() {
    for policy in [Policy::AllkeysLru, Policy::VolatileLru] {
        let mut state = state(policy);
        for number in 0..3000 {
            set(&mut state, 0, &format!("k{number}"), Deadline::At(u64::MAX));
        }
        for number in 0..3000 {
            read(&state, &format!("k{number}"), 1000 + 100 * number);
        }
        let picked = numbers(&Picker::default().pick(&state, 300 * 150, 1_000_000));
        assert!((200..=300).contains(&picked.len()), "{}", picked.len());
        let mean = picked.iter().sum::<usize>() / picked.len();
        assert!(mean < 200, "the oldest tenth, or so: {mean}");
    }
}

#[test]
fn lfu_takes_what_is_asked_for_least_often() {
    for policy in [Policy::AllkeysLfu, Policy::VolatileLfu] {
        let mut state = state(policy);
        for number in 0..600 {
            set(&mut state, 0, &format!("k{number}"), Deadline::At(u64::MAX));
        }
        for number in (0..600).filter(|number| number % 3 != 0) {
            (0..200).for_each(|_| read(&state, &format!("k{number}"), 1000));
        }
        // Those that are asked for least were so last.
        (0..600).step_by(3).for_each(|number| read(&state, &format!("k{number}"), 50_000));
        let picked = numbers(&Picker::default().pick(&state, 50 * 150, 50_000));
        assert!(picked.len() > 30 && picked.iter().all(|number| number % 3 == 0), "{picked:?}");
    }
}

#[test]
fn random_takes_old_and_new_alike() {
    let mut state = state(Policy::AllkeysRandom);
    (0..4000).for_each(|number| set(&mut state, 0, &format!("k{number}"), Deadline::Clear));
    let picked = numbers(&Picker::default().pick(&state, 400 * 150, 0));
    let old = picked.iter().filter(|number| **number < 2000).count();
    assert!((picked.len() * 2 / 5..=picked.len() * 3 / 5).contains(&old), "{old} of {}", picked.len());
}

#[test]
fn what_was_asked_for_since_it_was_found_is_not_picked() {
    let mut state = state(Policy::AllkeysLru);
    (0..64).for_each(|number| set(&mut state, 0, &format!("k{number}"), Deadline::Clear));
    let mut picker = Picker::default();
    assert_eq!(picker.pick(&state, 1, 10_000).victims.len(), 1);
    assert_eq!(picker.pool.len(), 63, "all are known");
    (0..64).for_each(|number| read(&state, &format!("k{number}"), 20_000));
    // From the pool alone.
    picker.looked = u64::MAX;
    assert_eq!(names(&picker.pick(&state, 1, 30_000)), Vec::<String>::new());
    picker.looked = 0;
    assert_eq!(picker.pick(&state, 1, 30_000).victims.len(), 1);
}

#[test]
fn none_left_is_said_behind_a_whole_round_and_only_then() {
    let mut state = state(Policy::AllkeysLru);
    let request = |owner: &'static [u8]| LockRequest {
        owner,
        mode: LockMode::EXCLUSIVE,
        ttl_ms: Some(1_000_000),
        binding: Binding::Time,
        delay_ms: 0,
    };
    for number in 0..10_000 {
        let mut effects = Effects::default();
        let key = format!("lock{number}");
        state.txn(0, Rng::new(1), &mut effects).acquire(key.as_bytes(), &request(b"a")).unwrap().unwrap();
    }
    let mut picker = Picker::default();
    let rounds = (1..10).find(|_| picker.pick(&state, 1000, 0).is_none_left);
    assert_eq!(rounds, Some(3), "a pick looks at no more than it may");
    // One among them is found wherever it stands.
    set(&mut state, 0, "plain", Deadline::Clear);
    let found = (0..4).flat_map(|_| names(&picker.pick(&state, 1000, 0))).collect::<Vec<_>>();
    assert_eq!(found, ["plain"]);
    assert!(Picker::default().pick(&self::state(Policy::VolatileLru), 1, 0).is_none_left, "there is no key");
}

#[test]
fn of_keys_that_are_asked_for_as_often_the_one_that_was_not_for_longest_goes() {
    let mut state = state(Policy::AllkeysLfu);
    (0..300).for_each(|number| set(&mut state, 0, &format!("k{number}"), Deadline::Clear));
    // Once each: the counter of a new key rises for certain.
    (0..300).for_each(|number| read(&state, &format!("k{number}"), 1000 + 100 * number));
    let picked = numbers(&Picker::default().pick(&state, 10 * 150, 40_000));
    let mean = picked.iter().sum::<usize>() / picked.len();
    assert!(picked.len() >= 8 && mean < 75, "{picked:?}");
}

#[test]
fn what_was_found_under_another_policy_is_forgotten() {
    let mut state = state(Policy::AllkeysRandom);
    (0..500).for_each(|number| set(&mut state, 0, &format!("k{number}"), Deadline::Clear));
    (0..500).for_each(|number| read(&state, &format!("k{number}"), 1000 + 100 * number));
    let mut picker = Picker::default();
    picker.pick(&state, 1, 60_000);
    state.options.maxmemory_policy = Policy::AllkeysLru as u64;
    let picked = numbers(&picker.pick(&state, 20 * 150, 60_000));
    let mean = picked.iter().sum::<usize>() / picked.len();
    assert!(picked.len() >= 15 && mean < 120, "{picked:?}");
}
