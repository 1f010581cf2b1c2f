//! The node: its options, its state, its statistics, and what tools ask of it.

mod acl;
mod command;
mod config;
mod config_set;
mod debug;
mod info;
mod latency;
mod lolwut;
mod memory;
mod module;
mod monitor;
mod refused;
mod role;
mod save;
mod shutdown;
mod slowlog;
mod wait;

use super::{Doc, Family, Flags, Spec};
pub use acl::{BEGIN as BEGIN_USERS, begin_args, parse_file};

/// The family.
pub static SPECS: &[&Spec] = &[
    &acl::SPEC,
    &acl::BEGIN,
    &acl::DELETE,
    &acl::LOAD,
    &acl::SET,
    &save::BGREWRITEAOF,
    &save::BGSAVE,
    &command::SPEC,
    &config::SPEC,
    &config_set::APPLY,
    &debug::SPEC,
    &debug::PUT,
    &refused::FAILOVER,
    &info::SPEC,
    &save::LASTSAVE,
    &latency::SPEC,
    &lolwut::SPEC,
    &memory::SPEC,
    &module::SPEC,
    &refused::REPLICAOF,
    &refused::SLAVEOF,
    &monitor::SPEC,
    &role::SPEC,
    &save::SAVE,
    &shutdown::SPEC,
    &slowlog::SPEC,
    &wait::WAIT,
    &wait::WAITAOF,
];

/// Flags of what explains or shows.
const OPEN: Flags = Flags::LOADING.union(Flags::STALE);
/// Flags of what is for operators.
const ADMIN: Flags = OPEN.union(Flags::ADMIN).union(Flags::NOSCRIPT);

/// A documentation of this family.
const fn doc(since: &'static str, complexity: &'static str, summary: &'static str) -> Doc {
    Doc::new(Family::Server, since, complexity, summary)
}
