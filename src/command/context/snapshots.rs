//! Snapshots of this node.

use futures::future::BoxFuture;

use crate::error::ReplyError;

/// See the module's header.
pub trait Snapshots: Send + Sync {
    /// Takes a snapshot that covers all that is applied now, and returns when it is on disk.
    ///
    /// # Errors
    /// LOADING without a group, and why it could not be written.
    fn take_snapshot(&self) -> BoxFuture<'_, Result<(), ReplyError>>;
    /// Begins one in the background; should it fail, the log says so.
    ///
    /// # Errors
    /// LOADING without a group.
    fn begin_snapshot(&self) -> Result<(), ReplyError>;
    /// Writes what a snapshot of the present state would hold and reads it back, in memory; nothing of the node changes.
    ///
    /// # Errors
    /// LOADING without a group, and what of it did not come back.
    fn verify_snapshot(&self) -> BoxFuture<'_, Result<(), ReplyError>>;
    /// True if the log alone may take what is free of this node's disk.
    fn is_disk_full(&self) -> bool;
    /// See [`SnapshotFacts`].
    fn snapshots(&self) -> SnapshotFacts;
}

/// What INFO and LASTSAVE show of snapshots.
#[derive(Clone, Copy, Debug, Default)]
pub struct SnapshotFacts {
    /// One is being written.
    pub in_progress: bool,
    /// How many could not be written since the last one that was.
    pub failed_in_row: u32,
    /// How many this process has taken.
    pub taken: u64,
    /// How many it has installed from peers.
    pub installed: u64,
    /// Wall clock when this process took the last one, s; 0 = none.
    pub last_s: u64,
    /// Bytes of that one.
    pub last_bytes: u64,
    /// How long it took to write the last one, or to fail, s; None = there was none.
    pub last_took_s: Option<u64>,
    /// For how long the one is being written that is, s; None = there is none.
    pub present_s: Option<u64>,
    /// The last log index that the newest one covers; 0 = none.
    pub last_index: u64,
}
