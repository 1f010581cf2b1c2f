//! Lockstep: a Redis-protocol server whose every write goes through a Raft log.

pub mod command;
pub mod error;
pub mod protocol;
pub mod script;
pub mod server;
pub mod store;
