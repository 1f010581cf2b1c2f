//! Hashes.

mod field_work;
mod hdel;
mod hexists;
mod hget;
mod hgetall;
mod hincrby;
mod hincrbyfloat;
mod hkeys;
mod hlen;
mod hmget;
mod hmset;
mod hrandfield;
mod hscan;
mod hset;
mod hsetnx;
mod hstrlen;
mod hvals;
#[cfg(test)]
mod tests;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[
    &hset::SPEC,
    &hmset::SPEC,
    &hsetnx::SPEC,
    &hget::SPEC,
    &hmget::SPEC,
    &hgetall::SPEC,
    &hdel::SPEC,
    &hexists::SPEC,
    &hkeys::SPEC,
    &hvals::SPEC,
    &hlen::SPEC,
    &hstrlen::SPEC,
    &hincrby::SPEC,
    &hincrbyfloat::SPEC,
    &hrandfield::SPEC,
    &hscan::SPEC,
];
