//! Keys of any type.

mod del;
mod pexpire;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[&del::SPEC, &pexpire::SPEC];
