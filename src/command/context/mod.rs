//! What a session command may touch: the session of its connection, and its node by roles ([`Node`]), of which each command takes
//! what it needs.
//!
//! Invariant: what is here is data and traits. No socket, no Raft group and no log is reached but through a trait, which the server
//! implements.

mod call;
mod client;
mod cluster;
mod configuration;
mod data;
mod node;
mod raft;
mod session;
mod snapshots;
mod statistics;
mod table;

pub use call::{Answer, Call, Finish, Later, Transaction};
pub use client::{Client, Shown, Unblock};
pub use cluster::{Cluster, ClusterView, Identity, MemberFacts, OtherMember};
pub use configuration::Configuration;
pub use data::{Data, DatabaseFacts};
pub use node::{Clients, Node, Process, ProcessFacts};
pub use raft::{RaftFacts, RaftRole};
pub use session::{Multi, ReplyMode, Session, Watch, Watched};
pub use snapshots::{SnapshotFacts, Snapshots};
pub use statistics::{CommandCounts, Counters, KeyCounts, SlowEntry, Statistics};
pub use table::Table;

/// Most bytes of one command, a transaction's with all that it runs and watches: the gate refuses larger ones, because no peer can be
/// sent what is longer.
pub const COMMAND_BYTES_MAX: usize = 128 * 1024 * 1024;
