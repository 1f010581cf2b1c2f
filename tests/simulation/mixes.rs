//! The mixes of work and faults that CI runs by seed, for who runs them all: `planted`.

use crate::support::bounds;
use crate::{blocking, changes, clocks, ends, eviction, promises, random_faults};

/// Work, checks and faults by seed.
pub struct Mix {
    /// Its module.
    pub name: &'static str,
    /// Runs one seed; panics where a promise is broken.
    pub run: fn(u64),
    /// Seeds in CI.
    pub seeds: u64,
}

/// All of them, the quick ones first.
pub const MIXES: [Mix; 7] = [
    Mix { name: "random_faults", run: random_faults::one, seeds: bounds::SIMULATION_SEEDS },
    Mix { name: "blocking", run: blocking::one, seeds: bounds::SIMULATION_SEEDS },
    Mix { name: "clocks", run: clocks::one, seeds: bounds::CLOCK_SEEDS },
    Mix { name: "eviction", run: eviction::one, seeds: bounds::PROMISE_SEEDS },
    Mix { name: "ends", run: ends::one_seed, seeds: bounds::END_SEEDS },
    Mix { name: "changes", run: changes::one, seeds: bounds::CHANGE_SEEDS },
    Mix { name: "promises", run: promises::one, seeds: bounds::PROMISE_SEEDS },
];
