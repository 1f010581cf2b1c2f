//! Sets.

mod algebra;
mod member_work;
mod sadd;
mod scard;
mod sdiff;
mod sdiffstore;
mod sinter;
mod sintercard;
mod sinterstore;
mod sismember;
mod smembers;
mod smismember;
mod smove;
mod spop;
mod srandmember;
mod srem;
mod sscan;
mod sunion;
mod sunionstore;
#[cfg(test)]
mod tests;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[
    &sadd::SPEC,
    &srem::SPEC,
    &smove::SPEC,
    &sismember::SPEC,
    &smismember::SPEC,
    &scard::SPEC,
    &spop::SPEC,
    &srandmember::SPEC,
    &smembers::SPEC,
    &sscan::SPEC,
    &sinter::SPEC,
    &sintercard::SPEC,
    &sinterstore::SPEC,
    &sunion::SPEC,
    &sunionstore::SPEC,
    &sdiff::SPEC,
    &sdiffstore::SPEC,
];
