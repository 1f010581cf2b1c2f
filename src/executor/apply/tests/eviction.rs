//! Keys that give way, as entries of the log.

use super::*;
use crate::executor::Mark;
use crate::store::{Horizon, Policy, Victim, View};

fn at(level: u32, policy: Policy) -> State {
    let mut state = booted();
    state.cluster.level = level;
    state.options.maxmemory_policy = policy as u64;
    state
}

fn run(state: &mut State, index: u64, seq: u64, lines: &[&[&str]]) -> EntryOutcome {
    let mut batch = BatchWriter::new(2, seq, 64);
    lines.iter().for_each(|line| batch.plain(0, &Args::from_slices(*line)));
    apply(state, index, prepared(batch.finish(), 200), |_, _| None)
}

fn evict(state: &mut State, index: u64, victims: Vec<Victim>) -> EntryOutcome {
    let content = Content::Evict { number: 7, is_none_left: false, victims };
    apply(state, index, prepared(encode(&content), 300), |_, _| None)
}

fn victims(state: &State, keys: &[&str]) -> Vec<Victim> {
    keys.iter().map(|key| Victim::new(0, state.db(0).get(key.as_bytes()).unwrap())).collect()
}

fn view(state: &State) -> View<'_> {
    View::new(state, 0, Horizon { applied_ms: 300, estimate_ms: 300 }, Rng::new(1))
}

#[test]
fn victims_go_are_counted_and_are_a_change_for_watch() {
    let mut state = at(3, Policy::AllkeysLru);
    run(&mut state, 3, 1, &[&["SET", "a", "1"], &["SET", "b", "1"], &["SET", "c", "1"]]);
    let picked = victims(&state, &["a", "b"]);
    run(&mut state, 4, 2, &[&["INCR", "b"]]);
    let mark = view(&state).watch_mark(b"a");
    assert!(matches!(mark, Mark::Present { .. }));
    let outcome = evict(&mut state, 5, picked.clone());
    assert_eq!((outcome.effects.evicted, outcome.effects.expired, outcome.eviction), (1, 0, Some((7, false))));
    assert!(view(&state).peek(b"a").is_none() && view(&state).peek(b"b").is_some());
    assert!(!view(&state).is_as_watched(b"a", mark));
    run(&mut state, 6, 3, &[&["SET", "a", "1"]]);
    assert!(!view(&state).is_as_watched(b"a", mark), "nor when it is there again");
    assert_eq!(evict(&mut state, 7, picked).effects.evicted, 0, "it is another one");
}

#[test]
fn entry_with_victims_changes_nothing_below_its_level() {
    let digests = [2, 3].map(|level| {
        let mut state = at(level, Policy::AllkeysLru);
        run(&mut state, 3, 1, &[&["SET", "a", "1"]]);
        let picked = victims(&state, &["a"]);
        let evicted = evict(&mut state, 4, picked).effects.evicted;
        assert_eq!(evicted, u64::from(level == 3));
        let mut other = at(level, Policy::AllkeysLru);
        run(&mut other, 3, 1, &[&["SET", "a", "1"]]);
        apply(&mut other, 4, prepared(encode(&Content::Tick), 300), |_, _| None);
        other.digest.value() == state.digest.value()
    });
    assert_eq!(digests, [true, false]);
}

/// What a node reads on its own, and so what it knows of accesses, differs from node to node; so does what its memory holds.
#[test]
fn same_log_gives_the_same_digest_whatever_the_nodes_have_read() {
    use crate::executor::eviction::Picker;
    for policy in Policy::ALL.into_iter().filter(|policy| policy.evicts()) {
        let mut states = [at(3, policy), at(3, policy)];
        let mut picker = Picker::default();
        for round in 0..40u64 {
            let key = |n: u64| format!("k{}", (round * 7 + n * 13) % 60);
            let keys: Vec<String> = (0..12).map(key).collect();
            let lines: Vec<Vec<&str>> = keys
                .iter()
                .zip(0..)
                .map(|(key, n)| match n % 5 {
                    0 => vec!["SET", key, "v", "PX", "100000"],
                    1 => vec!["SET", key, "v", "NX", "PX", "100000"],
                    2 => vec!["APPEND", key, "w"],
                    3 => vec!["LOCK.ACQUIRE", key, "me", "PX", "100000"],
                    _ => vec!["SET", key, "v"],
                })
                .collect();
            let lines: Vec<&[&str]> = lines.iter().map(Vec::as_slice).collect();
            for state in &mut states {
                run(state, 3 + 2 * round, 1 + round, &lines);
            }
            // The first one leads, and serves reads.
            for n in 0..30 {
                view(&states[0]).get(key(n).as_bytes());
            }
            let picked = picker.pick(&states[0], 1000, 300);
            let before = states[0].db(0).len();
            let evicted =
                states.each_mut().map(|state| evict(state, 4 + 2 * round, picked.victims.clone()).effects.evicted);
            assert_eq!(evicted[0], evicted[1]);
            assert_eq!(evicted[0] as usize, before - states[0].db(0).len());
            assert_eq!(states[0].digest.value(), states[1].digest.value(), "{policy:?}, round {round}");
            let is_lock = |state: &State| state.db(0).iter_unordered().filter(|entry| entry.value().is_lock()).count();
            assert_eq!(is_lock(&states[0]), is_lock(&states[1]));
            picker.rest();
        }
        let locks = states[0].db(0).iter_unordered().filter(|e| e.value().is_lock() || e.is_made_by_nx()).count();
        assert!(locks > 3, "{policy:?}: no lock goes");
        states.iter().for_each(|state| state.validate().unwrap());
    }
}
