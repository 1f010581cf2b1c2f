//! Locks and their fencing tokens.

mod acquire;
mod break_holds;
mod check;
mod extend;
mod guard;
mod held;
mod info;
mod release;
mod request;
#[cfg(test)]
mod tests;
mod token;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[
    &acquire::SPEC,
    &break_holds::SPEC,
    &check::SPEC,
    &extend::SPEC,
    &guard::SPEC,
    &info::SPEC,
    &release::SPEC,
    &token::SPEC,
];
