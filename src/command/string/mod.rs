//! Strings.

mod get;
mod incr;
mod set;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[&get::SPEC, &set::SPEC, &incr::SPEC];
