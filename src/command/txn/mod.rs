//! Transactions.

mod discard;
mod exec;
mod multi;
mod unwatch;
mod watch;

use super::Spec;

pub use exec::SPEC as EXEC;

/// The family.
pub static SPECS: &[&Spec] = &[&multi::SPEC, &exec::SPEC, &discard::SPEC, &watch::SPEC, &unwatch::SPEC];
