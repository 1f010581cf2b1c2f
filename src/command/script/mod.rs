//! Commands of this family.

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[];
