//! The node: for operators and for clients that ask what they talk to.

mod command;
mod info;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[&command::SPEC, &info::SPEC];
