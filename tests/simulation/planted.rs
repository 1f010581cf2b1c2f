//! Whether the simulation finds bugs that are planted (`lockstep::planted`): each by a seed and a mix of work and faults that CI runs anyway, with
//! the checkers that look at it there. None has a scenario of its own.
//!
//! A bug is looked for where it was found last ([`BUGS`]), then everywhere else. The same seeds have to be clean without it. Arguments: parts of
//! names of bugs; without any, all of [`BUGS`]. `LOCKSTEP_PLANTED_ALL=1` counts the seeds that find each.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
#![allow(dead_code, unused_imports, reason = "the simulation's own tests are not run here")]

mod blocking;
mod bound;
mod changes;
mod client;
mod clocks;
mod cluster;
mod ends;
mod eviction;
mod levels;
mod lockers;
mod machine;
mod mixes;
mod multis;
mod nemesis;
mod net;
mod once;
mod promises;
mod random_faults;
mod scripts;
mod string_locks;
mod subscribers;
#[path = "../support/mod.rs"]
mod support;
mod tracking;
mod workload;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{catch_unwind, set_hook};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use lockstep::planted;
use mixes::MIXES;

/// What a run says that did too little to judge anything by: no find.
const TOO_LITTLE: &str = "hardly any";

/// A planted bug, and the mix and seed (behind CI's first) that found it last.
type Bug = (&'static str, &'static str, u64);

/// Those that are found.
const BUGS: &[Bug] = &[
    ("a vote is not persisted", "random_faults", 1),
    ("a batch that is sent again is applied again", "random_faults", 4),
    ("a process goes by the number of the one before", "random_faults", 0),
    ("what may be executed is told not to be", "random_faults", 4),
    ("a leader reads without asking a quorum", "clocks", 4),
    ("a follower reads what it has", "random_faults", 2),
    ("a new leader's clock begins where the log ends", "clocks", 0),
    ("WATCH is blind to expiry", "random_faults", 0),
    ("WATCH is blind to writes", "random_faults", 0),
    ("a transaction is carried out in part", "random_faults", 0),
    ("ONCE runs again", "promises", 0),
    ("a lock has two holders", "promises", 0),
    ("a lock passes over who has waited longest", "promises", 0),
    ("holds outlive the process that their connections had", "promises", 0),
    ("a snapshot lacks the last change", "random_faults", 0),
    ("a snapshot forgets deadlines", "promises", 1),
    ("tokens begin again behind a snapshot", "promises", 1),
    ("a token does not rise", "promises", 0),
];

/// Those of which nobody has seen yet that a seed finds them: run only when they are named.
const OPEN: &[Bug] = &[
    ("acknowledge before fsync", "random_faults", 0),
    ("an entry that gave way counts as never proposed", "random_faults", 0),
    ("what a snapshot does not cover counts as applied", "random_faults", 0),
    ("a new leader reads before its first entry", "random_faults", 0),
    ("a read ends what the log has not ended", "clocks", 0),
    ("expiry follows the leader's wall clock", "ends", 0),
    ("a new leader takes the time that a cut-off voter counted", "clocks", 0),
    ("a slewed clock is believed", "promises", 0),
    ("what a machine slept is not counted", "promises", 0),
    ("subscribers are not told of a gap", "promises", 0),
    ("trackers are not told of a gap", "promises", 0),
    ("a snapshot forgets who waits", "blocking", 0),
    ("the log is purged before there is a snapshot", "random_faults", 0),
    ("eviction takes what is to stay", "eviction", 0),
    ("a new cluster goes on with the lost one's tokens", "changes", 0),
];

/// Those that orders of threads have to find (`cargo test --features schedules --lib schedules`).
const OF_SCHEDULES: [&str; 1] = ["the log's thread misses a write that comes while it goes to sleep"];

thread_local! {
    static FIRST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs one seed of a mix with a bug, or none. What it says of a broken promise, if it does.
fn run(bug: Option<&'static str>, mix: &mixes::Mix, seed: u64) -> Option<String> {
    planted::arm(bug);
    FIRST_PANIC.set(None);
    let failed = catch_unwind(|| (mix.run)(seed)).is_err();
    let fired = planted::fired();
    planted::arm(None);
    let why = FIRST_PANIC.take().unwrap_or_default();
    let counts = failed && (bug.is_none() || fired > 0 && !why.contains(TOO_LITTLE));
    counts.then_some(why)
}

/// Where a bug is looked for, in this order: (mix, seed behind the first).
fn places(bug: &Bug) -> Vec<(usize, u64)> {
    let all = MIXES.iter().enumerate().flat_map(|(at, mix)| (0..mix.seeds).map(move |seed| (at, seed)));
    let mut all: Vec<_> = all.collect();
    let is_known = |(at, seed): &(usize, u64)| (MIXES[*at].name == bug.1, *seed == bug.2);
    all.sort_by_key(|place| std::cmp::Reverse(is_known(place)));
    all
}

/// What came of a bug.
struct Found {
    at: Option<(usize, u64, String)>,
    /// Seeds that found it, of all that were run.
    finds: (usize, usize),
    seconds: f64,
}

fn look_for(bug: &Bug, first: u64, in_all: bool) -> Found {
    let began = Instant::now();
    let mut found = Found { at: None, finds: (0, 0), seconds: 0.0 };
    for (at, seed) in places(bug) {
        let why = run(Some(bug.0), &MIXES[at], first.wrapping_add(seed));
        found.finds.0 += usize::from(why.is_some());
        found.finds.1 += 1;
        if found.at.is_none() {
            found.at = why.map(|why| (at, seed, why));
        }
        if found.at.is_some() && !in_all {
            break;
        }
    }
    found.seconds = began.elapsed().as_secs_f64();
    found
}

/// Does work for each of `count` on all cores.
fn on_all_cores(count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < count) {
                    work(at);
                }
            });
        }
    });
}

/// The names in the sources are those of [`BUGS`].
fn check_names() {
    fn names(folder: &std::path::Path, found: &mut BTreeSet<String>) {
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            if file.is_dir() {
                names(&file, found);
            } else if file.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&file).unwrap();
                let rest = text.split("planted::is(").skip(1);
                found.extend(rest.filter_map(|rest| Some(rest.split('"').nth(1)?.to_owned())));
            }
        }
    }
    let mut found = BTreeSet::new();
    names(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    let known: BTreeSet<String> = BUGS.iter().chain(OPEN).map(|(name, ..)| (*name).to_owned()).collect();
    found.retain(|name| !OF_SCHEDULES.contains(&name.as_str()));
    assert_eq!(found, known, "bugs of the sources, and bugs that are looked for");
    assert_eq!(known.len(), BUGS.len() + OPEN.len(), "a bug stands twice");
}

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_named = |bug: &&Bug| wanted.iter().any(|part| bug.0.contains(part));
    let bugs: Vec<&Bug> =
        if wanted.is_empty() { BUGS.iter().collect() } else { BUGS.iter().chain(OPEN).filter(is_named).collect() };
    let in_all = std::env::var_os("LOCKSTEP_PLANTED_ALL").is_some();
    check_names();
    set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or("a panic").to_owned();
        FIRST_PANIC.with_borrow_mut(|first| _ = first.get_or_insert(text));
    }));
    let first = support::bounds::seed("planted");
    let (results, places) = (Mutex::new(BTreeMap::new()), Mutex::new(BTreeSet::new()));
    on_all_cores(bugs.len(), |at| {
        let found = look_for(bugs[at], first, in_all);
        match &found.at {
            Some((mix, seed, why)) => println!(
                "FOUND {} by {} seed {seed} in {:.1} s, {:?} seeds: {}",
                bugs[at].0,
                MIXES[*mix].name,
                found.seconds,
                found.finds,
                why.chars().take(600).collect::<String>()
            ),
            None => println!("MISSED {} in {:.1} s", bugs[at].0, found.seconds),
        }
        if let Some((mix, seed, _)) = &found.at {
            places.lock().unwrap().insert((*mix, *seed));
        }
        results.lock().unwrap().insert(at, found);
    });
    let places: Vec<(usize, u64)> = places.into_inner().unwrap().into_iter().collect();
    let unclean = Mutex::new(Vec::new());
    on_all_cores(places.len(), |at| {
        let (mix, seed) = places[at];
        if let Some(why) = run(None, &MIXES[mix], first.wrapping_add(seed)) {
            unclean.lock().unwrap().push(format!("{} seed {seed} without a bug: {why}", MIXES[mix].name));
        }
    });
    let mut missed = 0;
    println!("\nplanted bugs:");
    for (at, Found { at: found, finds, seconds }) in results.into_inner().unwrap() {
        let bug = bugs[at];
        let seen = if in_all { format!(", by {} of {} seeds", finds.0, finds.1) } else { String::new() };
        match found {
            Some((mix, seed, why)) => {
                let line: String = why.lines().next().unwrap_or_default().chars().take(110).collect();
                let moved = if (MIXES[mix].name, seed) == (bug.1, bug.2) { "" } else { " (elsewhere than before)" };
                println!("found   {:<60} {} seed {seed}{moved}, {seconds:.1} s{seen}: {line}", bug.0, MIXES[mix].name);
            }
            None => {
                missed += 1;
                println!("MISSED  {:<60} {seconds:.1} s", bug.0);
            }
        }
    }
    let unclean = unclean.into_inner().unwrap();
    unclean.iter().for_each(|line| println!("UNCLEAN {line}"));
    println!("{} bugs, {missed} missed; {} seeds clean of {}", bugs.len(), places.len() - unclean.len(), places.len());
    ExitCode::from(u8::from(missed > 0 || !unclean.is_empty()))
}
