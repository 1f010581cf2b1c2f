//! Lockstep: a Redis-protocol server whose every write goes through a Raft log.
//!
//! # The layers
//!
//! ```text
//! main        flags, runtime, start
//! verify      a certificate over a stopped node's directory
//! node        start and stop, joining, rebuild, chores
//! server      listener, connections, dispatch, client registry, statistics
//! replication consensus alone, the only user of openraft: origin, group, membership, peers, log
//! executor    runs commands on the store: entries of the log, EXEC, reads behind the gate, scripts' host
//! command     spec, registry, context of session commands; a folder for each family
//! script      a Lua 5.1 of our own (vm), its libraries (lib), what scripts see of Redis
//! snapshot    the file format, beside the store; rdb: what of Redis's format clients see
//! store       the state machine's data: no clock, no I/O, no tokio
//! config      every option once
//! protocol    requests in, replies out, numbers; a small RESP client
//! sys, error  the only places that touch the machine; texts that clients match on
//! planted     bugs on purpose, for the test that the simulation finds them; nothing of them is in any other build
//! ```
//!
//! A layer uses those below it, and `tests/layers` fails where an arrow runs up, or where files of one folder use each other in a circle.
//!
//! # The path of a write
//!
//! 1. [`server`]: a connection's task reads its socket, [`protocol::parse`] makes [`protocol::Args`] of the bytes, and
//!    [`server::dispatch`], the gate, decides what each command is by its [`command::Spec`], and refuses wrong arguments. Frames read
//!    together become one [`executor::CommandGroup`].
//! 2. [`replication::Group::submit`] gives a group with a write to the origin (`replication/origin.rs`): it makes batches,
//!    remembers who waits for which, and hands them to the leader, itself or a peer.
//! 3. The leader stamps the batch with cluster time ([`sys::clock`]) and proposes it to openraft (`replication/propose.rs`). The entry
//!    ([`executor::entry`]) goes to the log ([`replication::log`]: fsynced by a thread of its own) and to the peers.
//! 4. Once a quorum has it, every node applies it: `replication/group/state_machine.rs` feeds it to the [`executor::Executor`], which
//!    runs each command on a [`store::Txn`] ([`executor::apply`](mod@executor::apply)). The origin has the replies then and there; its
//!    connection's task encodes and writes them.
//!
//! # The path of a read
//!
//! A group without writes goes to `replication/group/reads.rs`: one ReadIndex for all that wait, then each command gets a
//! [`store::View`] of the state behind the gate (`executor/reads/`).
//!
//! # Waiting and publishing
//!
//! A command that waits (BLPOP, LOCK.ACQUIRE … WAIT) is a write. What cannot complete stands in the state (`store/waiters.rs`), and its
//! client with the origin (`executor/waiting.rs`), until a later entry serves or ends it. A message is an effect of its entry, which each node
//! carries out for its own subscribers (`executor/hub.rs`).
//!
//! # Invariants
//!
//! Each module's header states its own. The ones that hold the promises: what is acknowledged is durable on a quorum
//! (`replication/log`), a batch is applied exactly once (`store/origins.rs`, `replication/origin.rs`), a waiter is served or ended once
//! (`store/waiters.rs`), apply is a pure function of state and entry (`executor/apply.rs`, checked by `store/digest.rs`), only the log
//! expires keys (`store/view.rs`, `sys/clock.rs`), a read sees all that was acknowledged before it (`replication/group/reads.rs`), nodes
//! of several versions do the same, by the feature level of the state (`executor/apply.rs`).
//!
//! [`sys::env`] has the seams that let three nodes run in one deterministic simulation.

#[cfg(test)]
#[path = "../tests/support/bounds.rs"]
#[allow(dead_code, reason = "most are of other tests")]
mod bounds;
pub mod command;
pub mod config;
pub mod error;
pub mod executor;
pub mod node;
pub mod planted;
pub mod protocol;
pub mod rdb;
pub mod replication;
pub mod script;
pub mod server;
pub mod snapshot;
pub mod store;
pub mod sys;
pub mod verify;

pub use sys::version::{FEATURE_LEVEL, REDIS_VERSION, VERSION};
