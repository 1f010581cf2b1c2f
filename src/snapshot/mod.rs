//! Snapshot files: the whole [`State`](crate::store::State) at one log index, as bytes, and the directory that keeps them.
//!
//! - [`write()`] streams an image to any [`std::io::Write`], [`SnapshotReader`] makes a state of any [`std::io::Read`]. Both hold one
//!   chunk, besides the state itself and the references to one shard's keys.
//! - [`SnapshotDir`] keeps the newest file of one group in a [`SnapshotStore`]: a real directory, or memory in simulations.
//!
//! The file: a header (magic, format version, checksum), then chunks of at most 1 MiB, each with its number and its
//! checksums (`chunk.rs`): one with the [`Meta`], those that cut the sections (`sections.rs`, `keys.rs`) wherever they are
//! full, so that a value may span chunks, and the end record with totals and a hash of all that precedes it.
//!
//! Invariants
//! - A file gives exactly the state it was written from (revisions, deadlines, representations and orders of values
//!   included), or an error that names file and offset: any changed bit, any missing or added byte is found.
//! - The same state and meta give the same bytes, on any node.
//! - Reading allocates no more than the bytes present ask for, whatever lengths and counts they claim, and never panics.
//! - A file under a snapshot's name is whole and durable, and so is its name, before an older one is removed.
//! - The newest snapshot is the current one, and no other is ever loaded: if it is damaged, that is an error, never a reason to load an older
//!   one, because the log behind the newest may be purged.
//!
//! Deliberately absent: what Raft means by the opaque bytes of [`Meta`] (`replication/` does); compression (values are
//! small, and a checksum that passes should leave nothing to be parsed by a second format); any lock (an image needs none).

mod addr;
mod chunk;
mod dir;
mod disk_space;
mod error;
mod incoming;
mod keys;
mod libraries;
mod lock_history;
mod meta;
mod once;
mod read;
mod sections;
mod sessions;
mod store;
mod subscriptions;
mod temp;
#[cfg(test)]
mod tests;
mod users;
mod value;
mod version;
mod waiters;
mod write;

pub use dir::{OpenSnapshot, SnapshotDir, SnapshotId};
pub use error::{Damage, Problem, SnapshotError};
pub use incoming::{IncomingSnapshot, ReceivedSnapshot};
pub use meta::Meta;
pub use read::SnapshotReader;
pub use store::{DiskStore, MemoryStore, Opened, SnapshotStore, SnapshotWriter};
pub use version::FORMAT_VERSION;
pub use write::{Summary, write};
