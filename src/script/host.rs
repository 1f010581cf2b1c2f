//! What a script works on.

use crate::protocol::{Args, Outcome};

/// The commands behind `redis.call`.
pub trait Host {
    /// Runs one command, which may do `units` of work: its outcome, and the units of what it did, or else was about to do,
    /// beyond what its arguments and reply cost.
    fn call(&mut self, args: &Args, units: u64) -> (Outcome, u64);
    /// Where `math.random` begins in this run.
    fn random(&mut self) -> u64;
    /// True if the run may be stopped from outside: nothing that it has done is lost by that.
    fn may_be_stopped(&self) -> bool;
    /// True if it is to be stopped now.
    fn is_stopped(&self) -> bool;
    /// Whether the user of the script may run the command that the arguments name, a subcommand included; whether or not there are enough of
    /// them. None: there is no such command.
    fn may_run(&self, args: &Args) -> Option<bool>;
}
