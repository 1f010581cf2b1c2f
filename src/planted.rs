//! Bugs that are put in on purpose: `tests/planted` asks of each whether the simulation finds it, `schedules` of some whether an order of
//! threads does.
//!
//! Invariant: without the feature `planted`, which only those tests have, [`is`] is false when it is compiled, and nothing of a bug is there.
//! With it one at most is armed, in the thread that asks: simulations of other threads have none, or another one.

#[cfg(feature = "planted")]
mod armed;

#[cfg(feature = "planted")]
pub use armed::{arm, fired, is};

/// True if this bug is armed.
#[cfg(not(feature = "planted"))]
pub const fn is(_: &str) -> bool {
    false
}
