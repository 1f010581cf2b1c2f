//! Streams.
//!
//! Invariant: whoever waits for entries has found, at its last attempt, that its group was there and nothing was due to it. What can change
//! that is a new entry (XADD), another place to go on from (XGROUP SETID), and the end of the group or the key (XGROUP DESTROY, and whatever
//! replaces or removes keys): these alone make the key ready. All else, deliveries as well, is a quiet change ([`Txn::edit_quietly`]), so
//! that what clients do while others wait costs the same however many those are.
//!
//! [`Txn::edit_quietly`]: crate::store::Txn::edit_quietly

mod add_options;
mod consumers;
mod deleting;
mod delivery;
mod groups;
mod ids;
mod info;
mod producing;
mod range;
mod reading;
mod replies;
#[cfg(test)]
mod tests;
mod xack;
mod xackdel;
mod xadd;
mod xautoclaim;
mod xcfgset;
mod xclaim;
mod xdel;
mod xdelex;
mod xgroup;
mod xgroup_create;
mod xgroup_createconsumer;
mod xgroup_delconsumer;
mod xgroup_destroy;
mod xgroup_help;
mod xgroup_setid;
mod xinfo;
mod xinfo_consumers;
mod xinfo_groups;
mod xinfo_help;
mod xinfo_stream;
mod xlen;
mod xpending;
mod xrange;
mod xread;
mod xreadgroup;
mod xrevrange;
mod xsetid;
mod xtrim;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[
    &xadd::SPEC,
    &xlen::SPEC,
    &xrange::SPEC,
    &xrevrange::SPEC,
    &xread::SPEC,
    &xreadgroup::SPEC,
    &xgroup::SPEC,
    &xack::SPEC,
    &xackdel::SPEC,
    &xclaim::SPEC,
    &xautoclaim::SPEC,
    &xpending::SPEC,
    &xinfo::SPEC,
    &xdel::SPEC,
    &xdelex::SPEC,
    &xtrim::SPEC,
    &xsetid::SPEC,
    &xcfgset::SPEC,
];
