//! Hashes.

#[cfg(test)]
mod ends_model_tests;
#[cfg(test)]
mod ends_tests;
mod field_expiry;
mod field_lifetime;
mod field_list;
mod field_option;
mod field_time;
mod field_work;
mod hdel;
mod hexists;
mod hexpire;
mod hexpireat;
mod hexpiretime;
mod hget;
mod hgetall;
mod hgetdel;
mod hgetex;
mod hincrby;
mod hincrbyfloat;
mod hkeys;
mod hlen;
mod hmget;
mod hmset;
mod hpersist;
mod hpexpire;
mod hpexpireat;
mod hpexpiretime;
mod hpttl;
mod hrandfield;
mod hscan;
mod hset;
mod hsetex;
mod hsetnx;
mod hstrlen;
mod httl;
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
    &hexpire::SPEC,
    &hpexpire::SPEC,
    &hexpireat::SPEC,
    &hpexpireat::SPEC,
    &httl::SPEC,
    &hpttl::SPEC,
    &hexpiretime::SPEC,
    &hpexpiretime::SPEC,
    &hpersist::SPEC,
    &hgetdel::SPEC,
    &hgetex::SPEC,
    &hsetex::SPEC,
];
