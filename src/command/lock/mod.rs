//! Locks and their fencing tokens.

mod token;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[&token::SPEC];
