//! Scripts: EVAL and its kin, SCRIPT, and TIME, which scripts read the clock by.
//!
//! EVAL and EVALSHA go through the log and run on every node. EVAL_RO and EVALSHA_RO read the state of one node; only an EVAL_RO
//! whose script is not loaded yet goes through the log too, whatever the level of its connection, because it loads it.

mod container;
mod debug;
mod eval;
mod eval_ro;
mod evalsha;
mod evalsha_ro;
mod exists;
mod flush;
mod help;
mod kill;
mod load;
mod request;
mod time;

pub use eval_ro::is_to_load;
pub use request::{declares_no_writes, needs_memory};

use super::{Flags, Spec};

/// What a command is in a log entry.
pub fn in_log(spec: &'static Spec) -> &'static Spec {
    if spec.flags.contains(Flags::LOADS_SCRIPT) { &eval_ro::IN_LOG } else { spec }
}

/// The family.
pub static SPECS: &[&Spec] =
    &[&eval::SPEC, &eval_ro::SPEC, &evalsha::SPEC, &evalsha_ro::SPEC, &container::SPEC, &time::SPEC];
