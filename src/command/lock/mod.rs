//! Locks and their fencing tokens.

mod acquire;
mod break_holds;
mod check;
mod extend;
mod guard;
mod held;
mod history;
mod info;
mod list;
mod multi;
mod notify;
mod release;
mod request;
#[cfg(test)]
mod tests;
mod token;

pub use request::binds_connection;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[
    &acquire::SPEC,
    &break_holds::SPEC,
    &check::SPEC,
    &extend::SPEC,
    &guard::SPEC,
    &history::SPEC,
    &info::SPEC,
    &list::SPEC,
    &multi::SPEC,
    &notify::SPEC,
    &release::SPEC,
    &token::SPEC,
];
