//! Strings.

mod append;
mod compare;
mod counter;
mod decr;
mod decrby;
mod delex;
mod delifeq;
mod digest;
pub mod expire_option;
mod get;
mod getdel;
mod getex;
mod getrange;
mod getset;
mod incr;
mod incrby;
mod incrbyfloat;
mod increx;
mod lcs;
mod mget;
mod mset;
mod msetex;
mod msetnx;
mod psetex;
mod set;
mod setex;
mod setnx;
mod setrange;
mod strlen;
mod substr;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[
    &append::SPEC,
    &decr::SPEC,
    &decrby::SPEC,
    &delex::SPEC,
    &delifeq::SPEC,
    &digest::SPEC,
    &get::SPEC,
    &getdel::SPEC,
    &getex::SPEC,
    &getrange::SPEC,
    &getset::SPEC,
    &incr::SPEC,
    &incrby::SPEC,
    &incrbyfloat::SPEC,
    &increx::SPEC,
    &lcs::SPEC,
    &mget::SPEC,
    &mset::SPEC,
    &msetex::SPEC,
    &msetnx::SPEC,
    &psetex::SPEC,
    &set::SPEC,
    &setex::SPEC,
    &setnx::SPEC,
    &setrange::SPEC,
    &strlen::SPEC,
    &substr::SPEC,
];
