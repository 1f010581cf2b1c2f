//! The node as a whole, its process and its clients.

use std::sync::Arc;
use std::time::Duration;

use super::{Client, Cluster, Configuration, Data, Snapshots, Statistics};

/// The connections of this node.
pub trait Clients: Send + Sync {
    /// All of them, by id.
    fn clients(&self) -> Vec<Arc<Client>>;
    /// The one with this id.
    fn client(&self, id: u64) -> Option<Arc<Client>>;
    /// CLIENT PAUSE: holds writes back, or all commands.
    fn pause(&self, length: Duration, all: bool);
    /// Ends it.
    fn unpause(&self);
}

/// The process.
pub trait Process: Send + Sync {
    /// See [`ProcessFacts`].
    fn process(&self) -> ProcessFacts;
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
pub trait Node: Configuration + Clients + Cluster + Data + Process + Snapshots + Statistics {}

impl<T: Configuration + Clients + Cluster + Data + Process + Snapshots + Statistics> Node for T {}
