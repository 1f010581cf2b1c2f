//! What a command is ([`Spec`]), and what a session command may touch ([`Call`]): the session of its connection, and its node by roles
//! ([`Node`]), of which each command takes what it needs.
//!
//! Invariant: what is here is data and traits. No socket, no Raft group and no log is reached but through a trait, which the server
//! implements.

mod client;
mod cluster;
mod configuration;
mod data;
mod latencies;
mod node;
mod permissions;
mod raft;
mod session;
mod snapshots;
mod spec;
mod statistics;
mod subscribed;
mod table;
mod tracked;
mod users;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub use crate::store::Watch;
pub use client::{Buffers, Client, Shown, Unblock};
pub use cluster::{Cluster, ClusterView, Found, Identity, MemberFacts, OtherMember};
pub use configuration::Configuration;
pub use data::{Data, DatabaseFacts};
pub use latencies::{LATENCY_BUCKETS, Latencies, latency_bucket};
pub use node::{Clients, ClientsAnswer, Node, Process, ProcessFacts};
pub use permissions::{AclEntry, Acting, Allowed, Permissions};
pub use raft::{RaftFacts, RaftRole};
pub use session::{Multi, ReplyMode, Session, Watched};
pub use snapshots::{SnapshotFacts, Snapshots};
pub use spec::{
    Arg, ArgFlags, ArgKind, BeginSearch, Blocking, Categories, ChannelNames, Doc, Family, FindKeys, Flags, Guarded,
    KeyFlags, KeySpec, NewerForm, ONCE_COMMAND_AT, Run, ScriptNamed, ScriptRun, Spec, Wait, WaitingForm,
};
pub use statistics::{CommandCounts, Counters, EvictionFacts, FreeFacts, KeyCounts, SlowEntry, Statistics};
pub use subscribed::Subscribed;
pub use table::Table;
pub use tracked::{Tracked, TrackingFigures};
pub use users::UsersHere;

use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

/// Most bytes of one command, a transaction's with all that it runs and watches: the gate refuses larger ones, because no peer can be
/// sent what is longer.
pub const COMMAND_BYTES_MAX: usize = 128 * 1024 * 1024;

/// The connection and the node that a session command runs on.
pub struct Call<'a> {
    /// The connection's session.
    pub session: &'a mut Session,
    /// The node.
    pub node: &'a Arc<dyn Node>,
    /// All commands.
    pub commands: &'static dyn Table,
    /// It runs as part of a transaction: it must not wait for what others do.
    pub in_exec: bool,
}

/// What a session command answers.
pub enum Answer {
    /// At once.
    Reply(Reply),
    /// What this transaction returns.
    Execute(Transaction),
    /// Later, when something other than a log entry of its own is done. Only commands with `Flags::CUTS_GROUP`.
    Later(Later),
}

/// A queued transaction that is to run.
#[derive(Debug)]
pub struct Transaction {
    /// Its commands.
    pub queue: Vec<(&'static Spec, Args)>,
    /// The watched keys as they were.
    pub watches: Vec<Watch>,
}

/// Work outside the session; what it returns runs on the session again and gives the reply.
pub type Later = Pin<Box<dyn Future<Output = Finish> + Send>>;
/// See [`Later`].
pub type Finish = Box<dyn FnOnce(&mut Session) -> Reply + Send>;

impl Answer {
    /// An answer that needs nothing of the session any more.
    pub fn later(work: impl Future<Output = Reply> + Send + 'static) -> Self {
        Self::Later(Box::pin(async move {
            let reply = work.await;
            let finish: Finish = Box::new(move |_| reply);
            finish
        }))
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl From<Result<Reply, ReplyError>> for Answer {
    fn from(result: Result<Reply, ReplyError>) -> Self {
        Self::Reply(result.into())
    }
}
