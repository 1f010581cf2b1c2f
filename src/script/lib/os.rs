//! `os`: what Redis leaves of it, the clock (there since 7.4).
//!
//! Invariant: no clock of the machine is read. Time passes by the work that the run has done, so it is the same on every node; what
//! waits for it ends, and what measures with it sees that more work takes longer.

use crate::script::vm::machine::{Args, Machine, Native, Res};
use crate::script::vm::value::LuaValue;

/// Units that count as a second: about what a CPU does in one.
const UNITS_PER_SECOND: f64 = 500_000_000.0;

pub(super) const FUNCTIONS: &[(&str, Native)] = &[("os.clock", clock)];

/// Seconds since the run began.
fn clock(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let spent = vm.budget.saturating_sub(vm.fuel.saturating_add(vm.reserve)) as f64;
    Ok(vm.give(args, LuaValue::Number(spent / UNITS_PER_SECOND)))
}
