//! Lists.

mod blmove;
mod blmovem;
mod blmpop;
mod block;
mod blpop;
mod brpop;
mod brpoplpush;
pub mod ends;
mod index;
mod lindex;
mod linsert;
mod llen;
mod lmove;
mod lmovem;
pub mod lmpop;
mod lpop;
mod lpos;
mod lpush;
mod lpushx;
mod lrange;
mod lrem;
mod lset;
mod ltrim;
mod movem;
mod rpop;
mod rpoplpush;
mod rpush;
mod rpushx;
#[cfg(test)]
mod tests;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[
    &lpush::SPEC,
    &rpush::SPEC,
    &lpushx::SPEC,
    &rpushx::SPEC,
    &lpop::SPEC,
    &rpop::SPEC,
    &lmpop::SPEC,
    &llen::SPEC,
    &lindex::SPEC,
    &lrange::SPEC,
    &lpos::SPEC,
    &lset::SPEC,
    &linsert::SPEC,
    &lrem::SPEC,
    &ltrim::SPEC,
    &lmove::SPEC,
    &lmovem::SPEC,
    &rpoplpush::SPEC,
    &blpop::SPEC,
    &brpop::SPEC,
    &blmpop::SPEC,
    &blmove::SPEC,
    &blmovem::SPEC,
    &brpoplpush::SPEC,
];
