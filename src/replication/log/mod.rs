//! The Raft log: votes, entries and how far they are valid, durable before anybody is told.
//!
//! [`LogStore`] is what openraft sees, one per group. Below it, behind [`LogIo`], are [`EngineLog`] (raft-engine, one
//! directory and one writer thread for all groups, group commit) and [`MemoryLog`] (the simulation's: no threads, and
//! a crash that loses what was not durable).
//!
//! Invariants
//! - Nothing is acknowledged that is not on disk; a failed write or fsync ends the process.
//! - A torn tail is dropped, and said; damage is refused, with file and offset (design 7).
//! - What was truncated does not come back after a restart, nor does a purged entry.
//!
//! Deliberately absent: the lock of the data directory (the program's start takes it) and when to purge (the snapshot's).

mod abort;
mod direct;
mod engine;
mod files;
mod follow_snapshot;
mod io;
mod marks;
mod memory;
mod prefilled;
mod queue;
mod read_only;
mod record;
mod region;
mod scan;
mod state;
mod store;
mod tail;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use abort::{abort_by_panic, is_log_thread};
pub use engine::EngineLog;
pub use engine::EngineOptions;
pub use io::Done;
pub use io::LogIo;
pub use io::Write;
pub use marks::MARK_BYTES;
pub use memory::MemoryDisk;
pub use memory::MemoryLog;
pub use prefilled::free_bytes;
pub use read_only::ReadOnlyLog;
pub use state::FORMAT_VERSION;
pub use state::GroupState;
pub use store::LogOptions;
pub use store::LogStore;

/// What to do about a damaged log; ends every message that reports one.
const DAMAGED: &str = "Do not edit or copy these files. If the other nodes are a quorum: RAFT.REMOVE this node at one of \
     them, start it again with an empty --dir and --join. If it is the only node: restore a backup into a new cluster.";
