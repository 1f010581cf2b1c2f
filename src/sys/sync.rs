//! Locks between threads, at one place for whoever's order of steps is tried out: with the feature `schedules` they are shuttle's, and `cargo test
//! --features schedules --lib schedules` has threads come to them in random orders and in those of PCT. Without it they are parking_lot's.
//!
//! There is no poisoning: a panic ends the process.

#[cfg(feature = "schedules")]
mod explored;

#[cfg(test)]
#[cfg(feature = "schedules")]
pub use explored::explored_orders;
#[cfg(feature = "schedules")]
pub use explored::{Condvar, Mutex, MutexGuard, wait};
#[cfg(not(feature = "schedules"))]
pub use parking_lot::{Condvar, Mutex, MutexGuard};

/// Gives the lock up until somebody notifies, or for no reason.
#[cfg(not(feature = "schedules"))]
pub fn wait<'a, T>(condvar: &Condvar, mut guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.wait(&mut guard);
    guard
}
