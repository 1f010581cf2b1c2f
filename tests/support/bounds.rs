//! Every bound of a randomised test: what CI runs, and the long form of a night (`LOCKSTEP_LONG=1`).

use std::time::{SystemTime, UNIX_EPOCH};

/// Commands of the differential test in CI.
pub const DIFFERENTIAL_COMMANDS: u64 = 200_000;
/// Commands of one episode: a difference shrinks within its episode only.
pub const EPISODE_COMMANDS: usize = 250;
/// How often each command and each option has to be sent at least.
pub const COVERAGE_MIN: u64 = 20;
/// Share of replies that must not be errors, in percent.
pub const SUCCESS_PERCENT_MIN: u64 = 60;
/// Replays that shrinking one difference may take.
pub const SHRINK_REPLAYS: usize = 400;
/// Differences (of different commands) that are shrunk and shown before the test gives up.
pub const DIFFERENCES_SHOWN: usize = 12;
/// Commands of the harness's check against itself.
pub const SELF_CHECK_COMMANDS: u64 = 4_000;
/// Users of random rules that are compared with redis-server's in CI.
pub const ACL_USERS: u64 = 150;
/// Inputs for each fuzz target in CI.
pub const FUZZ_INPUTS: u64 = 20_000;
/// The same of targets that build a state, write a file or run a script for each.
pub const FUZZ_SLOW_INPUTS: u64 = 3_000;
/// Histories for each property of the linearizability checker in CI.
pub const MODEL_HISTORIES: u64 = 2_000;
/// Seeds of the simulation under random faults in CI.
pub const SIMULATION_SEEDS: u64 = 5;
/// Seeds of the simulation of nodes that are replaced and rebuilt, in CI.
pub const CHANGE_SEEDS: u64 = 5;
/// Seeds of the simulation of locks, messages and requests that are sent again, in CI.
pub const PROMISE_SEEDS: u64 = 5;
/// Seeds of the simulation of clocks that differ, under leader changes and restarts, in CI.
pub const CLOCK_SEEDS: u64 = 6;
/// Seeds of the simulation of what ends by itself on an idle cluster, in CI, for each kind of leader change.
pub const END_SEEDS: u64 = 1;
/// Kills of a leader, and of a single node, under load.
pub const KILLS: u64 = 10;
/// Writes that a node misses before it comes back.
pub const MISSED_WRITES: u64 = 200_000;
/// Clients of a history on three nodes.
pub const HISTORY_CLIENTS: usize = 21;
/// Keys of such a history.
pub const HISTORY_KEYS: usize = 8;
/// Operations of such a history, at least.
pub const HISTORY_OPERATIONS: u64 = 8_000;
/// Operations of a bank's history, at least.
pub const BANK_OPERATIONS: u64 = 4_000;
/// Kills and stops during a history.
pub const HISTORY_DISTURBANCES: u64 = 4;
/// Random Lua programs that the engine and redis-server run in CI.
pub const PROGRAMS: u64 = 20_000;
/// Those of them that a node runs behind its port, on each protocol.
pub const PROGRAMS_SERVED: u64 = 2_000;
/// Subscriptions while all nodes publish, and in the long form.
pub const SUBSCRIPTIONS: u64 = 150;
pub const SUBSCRIPTIONS_LONG: u64 = 5_000;
/// Connections that are cut under requests of ONCE.
pub const ONCE_CUTS: u64 = 2_000;
/// Kills of a leader meanwhile, and in the long form.
pub const ONCE_KILLS: u64 = 3;
pub const ONCE_KILLS_LONG: u64 = 20;
/// Kills and stops of a leader under holders of locks, and in the long form.
pub const STORM_KILLS: u64 = 4;
pub const STORM_KILLS_LONG: u64 = 24;
/// Writes that each client's load has to see acknowledged on either side of a fault of a disk.
pub const FAULTY_WRITES: u64 = 100;
/// The same of a rolling restart.
pub const ROLLING_WRITES: u64 = 200;
/// Connections to one node.
pub const CONNECTIONS: usize = 10_000;
/// Steps of a log whose every crash state is opened.
pub const CRASH_STEPS: u64 = 70;
/// Snapshots of a directory whose every crash state is opened.
pub const CRASH_SNAPSHOTS: u64 = 6;
/// Orders of threads, random ones and as many of PCT, for each test of them.
pub const SCHEDULES: u64 = 1_000;
/// Seed of CI's runs, so that a red build is red again; the long form takes a new one each time.
pub const SEED: u64 = 20_260_101;
/// The long form does this many times as much.
const LONG_FACTOR: u64 = 100;

/// True for the long form.
pub fn long() -> bool {
    std::env::var_os("LOCKSTEP_LONG").is_some_and(|value| value != "0")
}

/// `bound` in CI, a hundred times that in the long form.
pub fn scaled(bound: u64) -> u64 {
    if long() { bound * LONG_FACTOR } else { bound }
}

/// The first in CI, the second in the long form: of what is too slow for a hundred times as much.
pub fn of_long(in_ci: u64, in_long: u64) -> u64 {
    if long() { in_long } else { in_ci }
}

/// The seeds of a simulation: so many in CI, from [`seed`] on.
pub fn seeds(test: &str, in_ci: u64) -> impl Iterator<Item = u64> {
    let first = seed(test);
    (0..scaled(in_ci)).map(move |seed| first.wrapping_add(seed))
}

/// `LOCKSTEP_SEED`, or the fixed seed in CI and one by the time of day in the long form. Printed, so that it is in
/// the output of a failed test.
pub fn seed(test: &str) -> u64 {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    let seed = match std::env::var("LOCKSTEP_SEED") {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("LOCKSTEP_SEED is no number: {text:?}")),
        Err(_) if long() => now(),
        Err(_) => SEED,
    };
    println!("{test}: LOCKSTEP_SEED={seed}");
    seed
}
