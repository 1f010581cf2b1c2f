//! Lockstep: a Redis-protocol server whose every write goes through a Raft log.
//!
//! # The path of a write
//!
//! 1. [`server`]: a connection's task reads its socket, [`protocol::parse`] makes [`protocol::Args`] of the bytes, and
//!    [`server::dispatch`], the gate, decides what each command is by its [`command::Spec`]. Frames read together become one
//!    [`replication::CommandGroup`].
//! 2. [`replication::Group::submit`] gives a group with a write to the origin (`replication/origin.rs`): it makes batches,
//!    remembers who waits for which, and hands them to the leader, itself or a peer (`replication/peer/forward.rs`).
//! 3. The leader stamps the batch with cluster time ([`sys::clock`]) and proposes it to openraft (`replication/propose.rs`). The entry
//!    ([`replication::entry`]) goes to the log ([`replication::log`]: fsynced by a thread of its own) and to the peers
//!    (`replication/peer/append.rs`).
//! 4. Once a quorum has it, every node applies it (`replication/machine.rs`, [`executor::apply`]): each command gets a
//!    [`store::Txn`]. The origin has the replies then and there; its connection's task encodes and writes them.
//!
//! # The path of a read
//!
//! A group without writes goes to `replication/reads.rs`: one ReadIndex for all that wait, then each command gets a
//! [`store::View`] of the state behind the gate.
//!
//! # Invariants
//!
//! Each module's header states its own. The ones that hold the promises: what is acknowledged is durable on a quorum (`log`), a batch
//! is applied exactly once (`store::origins`, `replication::origin`), apply is a pure function of state and entry
//! (`executor::apply`, checked by `store::digest`), only the log expires keys (`store::view`, `clock`), a read sees all that was
//! acknowledged before it (`replication::reads`).
//!
//! # What else is where
//!
//! [`node`] puts a node together and takes it down, and brings it into a cluster ([`node::join`]); [`snapshot`] is the snapshot file;
//! [`config`] has every option; [`sys::descriptors`] keeps clients from taking the node's own; [`sys::env`] the seams that let three nodes run in one deterministic simulation.

pub mod command;
pub mod config;
pub mod error;
pub mod executor;
pub mod node;
pub mod protocol;
pub mod replication;
pub mod script;
pub mod server;
pub mod snapshot;
pub mod store;
pub mod sys;

pub use sys::version::{FEATURE_LEVEL, REDIS_VERSION, VERSION};
