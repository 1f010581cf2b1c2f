//! Membership (design 8).

mod add;
mod digest;
mod disabled;
mod internal;
mod join;
mod meet;
mod moved;
mod nodes;
mod promote;
mod remove;
mod snapshot;
mod transfer;
mod wish;

use super::Spec;

pub use moved::SPEC as MOVED;

/// The family.
pub static SPECS: &[&Spec] = &[
    &disabled::SPEC,
    &nodes::SPEC,
    &add::SPEC,
    &promote::SPEC,
    &remove::SPEC,
    &transfer::SPEC,
    &snapshot::SPEC,
    &digest::SPEC,
    &join::SPEC,
    &moved::SPEC,
    &meet::SPEC,
    &internal::INVITE,
    &internal::WISH,
    &internal::REFUSE,
    &internal::SETTLE,
];
