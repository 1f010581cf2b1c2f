//! Keys of any type, and databases as a whole.

mod copy;
pub mod cursor;
mod db_index;
mod dbsize;
mod del;
mod dump;
mod exists;
mod expire;
pub mod expire_options;
mod expireat;
mod expiretime;
mod flush_type;
mod flushall;
mod flushdb;
mod key_type;
mod keys;
pub mod lifetime;
mod migrate;
mod migrate_transfer;
mod move_key;
pub mod name_pattern;
mod object;
mod object_encoding;
mod object_freq;
mod object_help;
mod object_idletime;
mod object_refcount;
mod once;
mod persist;
mod pexpire;
mod pexpireat;
mod pexpiretime;
mod pttl;
pub mod random_count;
mod randomkey;
mod rename;
mod renamenx;
mod restore;
mod scan;
pub mod scan_step;
mod sort;
mod sort_ro;
mod sorting;
mod swapdb;
#[cfg(test)]
mod tests;
mod touch;
mod ttl;
mod unlink;

use super::Spec;
pub use object_refcount::references;
pub use once::check as check_once;

/// The family.
pub static SPECS: &[&Spec] = &[
    &copy::SPEC,
    &dbsize::SPEC,
    &del::SPEC,
    &dump::SPEC,
    &exists::SPEC,
    &expire::SPEC,
    &expireat::SPEC,
    &expiretime::SPEC,
    &flushall::SPEC,
    &flushdb::SPEC,
    &keys::SPEC,
    &migrate::SPEC,
    &move_key::SPEC,
    &object::SPEC,
    &once::SPEC,
    &persist::SPEC,
    &pexpire::SPEC,
    &pexpireat::SPEC,
    &pexpiretime::SPEC,
    &pttl::SPEC,
    &randomkey::SPEC,
    &rename::SPEC,
    &renamenx::SPEC,
    &restore::SPEC,
    &restore::ASKING,
    &scan::SPEC,
    &sort::SPEC,
    &sort_ro::SPEC,
    &swapdb::SPEC,
    &touch::SPEC,
    &ttl::SPEC,
    &key_type::SPEC,
    &unlink::SPEC,
];
