//! What EXEC notices of keys that come and go between it and WATCH.

use super::*;
use crate::command::testing::Bench;
use crate::executor::Mark;
use crate::store::{ABSENCE_LEVEL, Deadline, Horizon, Str, View};

/// Runs a line; `@n` in front selects a database, `+n` lets n ms pass, and `sweep` removes what is due.
fn play(bench: &mut Bench, line: &str) {
    let mut rest = line;
    while let Some((word, behind)) = rest.split_once(' ') {
        match word.as_bytes() {
            [b'@', ..] => bench.db = word[1..].parse().unwrap(),
            [b'+', ..] => bench.now_ms += word[1..].parse::<u64>().unwrap(),
            _ => break,
        }
        rest = behind;
    }
    if rest == "sweep" {
        bench.state.advance_clock(bench.now_ms);
        assert!(bench.state.sweep(10, &mut Effects::default()) > 0, "{line}");
        return;
    }
    let reply = bench.run(rest);
    assert!(!matches!(reply, Reply::Error(_)), "{line}: {reply:?}");
}

fn watch(bench: &Bench, key: &str) -> Watch {
    let horizon = Horizon { applied_ms: bench.state.now_ms(), estimate_ms: bench.state.now_ms() };
    let view = View::new(&bench.state, 0, horizon, Rng::new(0));
    Watch { db: 0, key: key.to_owned().into(), mark: view.watch_mark(key.as_bytes()) }
}

/// `before` a key `k` of database 0 is watched; `between` it comes and goes. True if EXEC would run.
fn holds(level: u32, before: &[&str], between: &[&str]) -> bool {
    let mut bench = crate::executor::testing::bench();
    bench.state.cluster.level = level;
    // Only database 1 is empty.
    for line in ["@3 SET other v", "@2 SET other v", "@0 SET other v"].iter().chain(before) {
        play(&mut bench, line);
    }
    bench.state.advance_clock(bench.now_ms);
    let watched = watch(&bench, "k");
    assert!(matches!(watched.mark, Mark::Absent { .. }), "{before:?}");
    between.iter().for_each(|line| play(&mut bench, line));
    bench.state.advance_clock(bench.now_ms);
    assert!(matches!(watch(&bench, "k").mark, Mark::Absent { .. }), "{between:?} leaves it absent");
    unchanged(&bench.state, &[watched])
}

const CAME_AND_WENT: &[&[&str]] = &[
    &["SET k v", "DEL k"],
    &["SET k v", "UNLINK k"],
    &["SETNX k v", "GETDEL k"],
    &["APPEND k v", "DEL k"],
    &["HSET k f v", "HDEL k f"],
    &["HSET k f v", "FLUSHDB"],
    &["SET k v", "FLUSHALL"],
    &["SET k v", "PEXPIRE k 0"],
    &["SET k v", "EXPIREAT k 1"],
    &["SET k v", "GETEX k PXAT 1"],
    &["SET k v", "SET k w PXAT 1"],
    &["SET k v PX 5", "+6 SETNX other w"],
    &["SET k v PX 5", "+6 sweep"],
    &["SET k v PX 5", "+6 DEL k"],
    &["SET k v PXAT 1"],
    &["SETEX k 1 v", "+1001 sweep"],
    &["RENAME other k", "RENAME k other"],
    &["RENAMENX other k", "RENAMENX k more"],
    &["@2 SET k v", "MOVE k 0", "@0 MOVE k 4"],
    &["COPY other k", "DEL k"],
    &["COPY other k REPLACE", "RENAME k other"],
    &["@2 SET k v", "SWAPDB 0 2", "@0 DEL k"],
    &["@2 SET k v", "SWAPDB 0 2", "@0 FLUSHDB"],
    &["@2 SET k v", "SWAPDB 0 2", "SWAPDB 2 0"],
    &["@2 SET k v", "SWAPDB 0 2", "SWAPDB 0 1"],
    &["SET k v", "SWAPDB 0 1"],
    &["SET k v", "SWAPDB 0 1", "@1 DEL k", "SWAPDB 0 1"],
    &["EVAL \"redis.call('SET', KEYS[1], 'v') redis.call('DEL', KEYS[1])\" 1 k"],
    &["INCR k", "INCR k", "DEL k", "SET other w"],
];

const STAYED_AWAY: &[&[&str]] = &[
    &[],
    &["DEL k"],
    &["GETDEL k"],
    &["HDEL k f"],
    &["PEXPIRE k 0"],
    &["SET k v XX"],
    &["SET other w", "DEL other"],
    &["@2 SET k v", "DEL k"],
    &["FLUSHDB"],
    &["FLUSHALL", "FLUSHALL"],
    &["SWAPDB 0 1"],
    &["SWAPDB 2 3"],
    &["@1 SET k v", "DEL k", "SWAPDB 0 1"],
    &["SET more v PX 5", "+6 sweep"],
];

/// How the key may have been absent when it was watched: never there, removed, due and not yet removed.
const BEFORE: [&[&str]; 3] = [&[], &["SET k v", "DEL k"], &["SET k v PX 5", "+6 PING"]];

#[test]
fn a_key_that_came_and_went_stops_exec_however_it_went() {
    for before in BEFORE {
        let unnoticed: Vec<_> = CAME_AND_WENT.iter().filter(|between| holds(ABSENCE_LEVEL, before, between)).collect();
        assert!(unnoticed.is_empty(), "behind {before:?}: {unnoticed:#?}");
    }
}

#[test]
fn exec_runs_if_the_key_was_absent_all_along() {
    for before in BEFORE {
        let refused: Vec<_> = STAYED_AWAY.iter().filter(|between| !holds(ABSENCE_LEVEL, before, between)).collect();
        assert!(refused.is_empty(), "behind {before:?}: {refused:#?}");
    }
    // The key was due when it was watched: that it is removed then changes nothing.
    assert!(holds(ABSENCE_LEVEL, BEFORE[2], &["sweep"]));
}

/// The one false alarm besides those of a shared slot.
#[test]
fn databases_that_are_swapped_stop_exec_where_keys_came_in() {
    assert!(!holds(ABSENCE_LEVEL, &[], &["SWAPDB 0 2"]));
}

#[test]
fn below_the_feature_level_absence_counts_as_before() {
    for between in CAME_AND_WENT {
        assert!(holds(ABSENCE_LEVEL - 1, &[], between), "{between:?}");
    }
}

#[test]
fn another_key_of_the_slot_stops_exec_too() {
    let mut bench = Bench::new();
    bench.state.cluster.level = ABSENCE_LEVEL;
    let watched = watch(&bench, "k");
    let mut effects = Effects::default();
    let of_the_slot = (0..100_000u64).find(|number| {
        let value = Str::new(b"v").into();
        bench.state.txn(0, Rng::new(0), &mut effects).set(number.to_string().as_bytes(), value, Deadline::Clear);
        bench.state.creations().last(0, b"k") > 0
    });
    assert!(of_the_slot.is_some_and(|number| number > 100), "{of_the_slot:?}");
    assert!(!unchanged(&bench.state, &[watched]));
    assert!(unchanged(&bench.state, &[watch(&bench, "k")]), "and only the WATCH before it");
}

/// What the log holds of older clusters.
#[test]
fn a_mark_that_knows_only_absence_holds_while_the_key_is_absent() {
    let mut bench = Bench::new();
    bench.state.cluster.level = ABSENCE_LEVEL;
    let watched = Watch { db: 0, key: "k".into(), mark: Mark::Absent { at: u64::MAX } };
    bench.run("SET k v");
    assert!(!unchanged(&bench.state, std::slice::from_ref(&watched)));
    bench.run("DEL k");
    assert!(unchanged(&bench.state, &[watched]));
}

fn run_entry(state: &mut State, index: u64, entry: &bytes::BytesMut) {
    apply(state, index, prepared(entry.clone(), 200 + index), |_, _| None);
}

fn of_level(level: u32) -> State {
    let mut state = booted();
    state.cluster.level = level;
    state
}

/// A log in which transactions stand on absent keys, some of which came and went meanwhile: commands, and EXEC as the node had it.
fn log(state: &mut State) -> Vec<bytes::BytesMut> {
    let mut log = Vec::new();
    for round in 0..50u64 {
        let horizon = Horizon { applied_ms: state.now_ms(), estimate_ms: state.now_ms() };
        let mark = View::new(state, 0, horizon, Rng::new(0)).watch_mark(b"k");
        let mut between = BatchWriter::new(0, 0, 64);
        if round % 3 == 0 {
            between.plain(0, &Args::from_slices(["SET", "k", "v"]));
            between.plain(0, &Args::from_slices(["DEL", "k"]));
        }
        between.plain(0, &Args::from_slices(["SET", &round.to_string(), "v"]));
        let mut exec = BatchWriter::new(0, 0, 64);
        let incr = Command::new(lookup(b"incr").unwrap(), 0, Args::from_slices(["INCR", "n"]));
        let watches = vec![Watch { db: 0, key: "k".into(), mark }];
        exec.exec(&Exec { watches, commands: vec![incr] });
        for entry in [between.finish(), exec.finish()] {
            log.push(entry.clone());
            run_entry(state, 2 + log.len() as u64, &entry);
        }
    }
    log
}

#[test]
fn the_same_log_gives_the_same_outcomes_again() {
    let mut first = of_level(ABSENCE_LEVEL);
    let log = log(&mut first);
    assert_eq!(n(&first), Reply::Bulk("33".into()), "17 of 50 were refused");
    let (mut again, mut with_images) = (of_level(ABSENCE_LEVEL), of_level(ABSENCE_LEVEL));
    let mut images = Vec::new();
    for (index, entry) in (3..).zip(&log) {
        run_entry(&mut again, index, entry);
        images.push(with_images.image());
        run_entry(&mut with_images, index, entry);
    }
    for state in [again, with_images] {
        assert_eq!(state.digest.value(), first.digest.value());
        assert!(state.creations() == first.creations());
    }
    // A node that does not know is found out by the digest.
    let mut unaware = of_level(ABSENCE_LEVEL);
    for (index, entry) in (3..).zip(&log) {
        unaware.restore_creations(Default::default());
        run_entry(&mut unaware, index, entry);
    }
    assert_ne!(unaware.digest.value(), first.digest.value());
}
