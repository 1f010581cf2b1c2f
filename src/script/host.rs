//! What a script works on.

use crate::protocol::{Args, Outcome};

/// The commands behind `redis.call`.
pub trait Host {
    /// Runs one command, which may do `units` of work: its outcome, and the units of what it did, or else was about to do,
    /// beyond what its arguments and reply cost.
    fn call(&mut self, args: &Args, units: u64) -> (Outcome, u64);
    /// True if the arguments are those of a command that exists.
    fn is_command(&self, args: &Args) -> bool;
}
