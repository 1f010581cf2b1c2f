//! Lockstep: a Redis-protocol server whose every write goes through a Raft log.

pub mod command;
pub mod error;
pub mod protocol;
pub mod replication;
pub mod server;
pub mod snapshot;
pub mod store;
