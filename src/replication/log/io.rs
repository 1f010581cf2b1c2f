//! The seam between the log and what makes it durable: raft-engine in production, memory in the simulation.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use futures::future::BoxFuture;
use tokio::sync::oneshot;

use super::state::GroupState;
use crate::error::Fatal;
use crate::replication::types::Entry;
use crate::replication::types::IoFlushed;

/// Makes writes durable, in the order in which they were submitted, over all groups.
///
/// A write that cannot be made durable ends the process: there is no error to return, and nothing is ever acknowledged
/// that is not on disk.
pub trait LogIo: Send + Sync + 'static {
    /// The durable record of `group`; None if nothing was ever written. Called before any write of that group.
    ///
    /// # Errors
    /// Fatal if what the record promises is not there.
    fn load(&self, group: u64) -> Result<Option<GroupState>, Fatal>;

    /// Queues a write. Never blocks; the queue holds what openraft has in flight, which bounds it.
    fn submit(&self, write: Write);

    /// Entries of `group` from `start` on, at least one, about `max_bytes` of them at most, none at `end` or later. All of
    /// `start..end` has to be durable.
    fn read(&self, group: u64, start: u64, end: u64, max_bytes: usize) -> BoxFuture<'static, io::Result<Vec<Entry>>>;

    /// Bytes of disk that the log takes, of all groups together.
    fn disk_bytes(&self) -> u64;
}

/// One durable step of one group; all of it or nothing survives a crash.
pub struct Write {
    /// Whose.
    pub group: u64,
    /// Rises with each write of the group; becomes `progress` when durable.
    pub number: u64,
    /// Consecutive; they replace what is stored at their indexes and behind.
    pub entries: Vec<Entry>,
    /// Entries before this index may be forgotten.
    pub compact_to: Option<u64>,
    /// The group's record after this write ([`GroupState::encode`]).
    pub state: Vec<u8>,
    /// Whom to tell.
    pub done: Done,
    /// The newest durable write of the group.
    pub progress: Arc<AtomicU64>,
}

/// Who waits for a write.
pub enum Done {
    /// Nobody.
    Nobody,
    /// openraft, for an append.
    Flushed(IoFlushed),
    /// `save_vote`.
    Saved(oneshot::Sender<()>),
}

/// Tells whoever waits that these writes are durable.
///
/// openraft's callback raises a watermark and wakes its core task, so only the newest of each group is called.
pub fn complete(writes: Vec<Write>) {
    let mut newest = BTreeMap::new();
    let mut others = Vec::new();
    for write in writes {
        write.progress.fetch_max(write.number, Ordering::Release);
        match write.done {
            Done::Flushed(flushed @ IoFlushed::Notify(_)) => {
                newest.insert(write.group, flushed);
            }
            Done::Nobody => {}
            done => others.push(done),
        }
    }
    for done in others {
        match done {
            // Whoever waited may have given up; the write stands.
            Done::Saved(sender) => drop(sender.send(())),
            Done::Flushed(flushed) => flushed.io_completed(Ok(())),
            Done::Nobody => {}
        }
    }
    for flushed in newest.into_values() {
        flushed.io_completed(Ok(()));
    }
}
