//! The node as a whole, its process and its clients.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;

use super::{Client, Cluster, Configuration, Data, Snapshots, Statistics, UsersHere};
use crate::protocol::Args;
use crate::sys::env::BoxStream;

/// The connections of this node, and those of the others as far as they can be asked.
pub trait Clients: Send + Sync {
    /// All of them, by id.
    fn clients(&self) -> Vec<Arc<Client>>;
    /// The one with this id.
    fn client(&self, id: u64) -> Option<Arc<Client>>;
    /// What other nodes answer to a command about their clients: those of `nodes`, or all, that answer within a bound.
    fn ask_others(&self, nodes: Option<BTreeSet<u64>>, args: &Args) -> BoxFuture<'static, Vec<ClientsAnswer>>;
    /// CLIENT PAUSE: holds writes back, or all commands.
    fn pause(&self, length: Duration, all: bool);
    /// Ends it.
    fn unpause(&self);
}

/// What one node answers another about its clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientsAnswer {
    /// Their lines in CLIENT LIST, by id.
    pub lines: Vec<(u64, Bytes)>,
    /// How many were reached: killed or unblocked.
    pub reached: u64,
}

/// The process.
pub trait Process: Send + Sync {
    /// See [`ProcessFacts`].
    fn process(&self) -> ProcessFacts;
    /// Connects to `host:port` of another server.
    fn connect<'a>(&'a self, addr: &'a str) -> BoxFuture<'a, io::Result<BoxStream>>;
    /// Asks for the graceful stop that a signal asks for.
    fn stop(&self);
}

/// What INFO shows of the process.
#[derive(Clone, Copy, Debug)]
pub struct ProcessFacts {
    /// Wall clock, ms.
    pub now_ms: u64,
    /// Wall clock at the start, ms.
    pub started_ms: u64,
    /// The port for clients.
    pub port: u16,
    /// Drawn at each start.
    pub process: u64,
}

/// All roles of a node.
pub trait Node: Configuration + Clients + Cluster + Data + Process + Snapshots + Statistics + UsersHere {}

impl<T: Configuration + Clients + Cluster + Data + Process + Snapshots + Statistics + UsersHere> Node for T {}
