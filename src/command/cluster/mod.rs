//! Membership (design 8).

mod add;
mod digest;
mod internal;
mod invite;
mod join;
mod meet;
mod moved;
mod nodes;
mod promote;
mod redis;
mod remove;
mod snapshot;
mod transfer;
mod wish;

use super::{Flags, Spec};
use crate::config::Address;
use crate::error::ReplyError;

pub use moved::SPEC as MOVED;

/// Of commands that tell what this node knows, with or without a leader.
const OF_THIS_NODE: Flags = Flags::ADMIN
    .union(Flags::NOSCRIPT)
    .union(Flags::LOADING)
    .union(Flags::STALE)
    .union(Flags::NO_MULTI)
    .union(Flags::CUTS_GROUP);

/// An argument that is an [`Address`].
fn address(bytes: &[u8]) -> Result<String, ReplyError> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| Address::parse(text).is_some());
    text.map(str::to_owned).ok_or(ReplyError::new("ERR invalid address, host:port is expected"))
}

/// An argument that is a node id or a nonce.
fn number(bytes: &[u8]) -> Option<u64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// The family.
pub static SPECS: &[&Spec] = &[
    &redis::ASKING,
    &redis::SPEC,
    &nodes::SPEC,
    &add::SPEC,
    &invite::SPEC,
    &promote::SPEC,
    &remove::SPEC,
    &transfer::SPEC,
    &snapshot::SPEC,
    &digest::SPEC,
    &join::SPEC,
    &moved::SPEC,
    &meet::SPEC,
    &internal::INVITE,
    &internal::INVITE_NODE,
    &internal::WISH,
    &internal::REFUSE,
    &internal::SETTLE,
];
