//! Consensus: the only user of openraft. The path of a write and of a read through it:
//!
//! - [`Group::submit`] takes a connection's group of commands. Reads go to [`reads`], all else to the [`origin`].
//! - The origin makes batches and hands them to the leader: itself ([`propose`]) or a peer ([`peer`]).
//! - The leader stamps a batch ([`entry`]) and proposes it; the log store ([`log`]) makes it durable.
//! - [`apply`] runs each committed entry on the state, and at its origin produces the replies.

pub mod codec;
mod gather;
mod group;
pub mod log;
mod machine;
mod membership;
mod origin;
pub mod peer;
mod propose;
mod reads;
mod room;
mod router;
pub mod snapshot;
mod stats;
#[cfg(test)]
pub(crate) mod testing;
mod transfer;
pub mod types;

use std::sync::atomic::{AtomicU64, Ordering};

pub use group::{Applied, Group, Parts, Raft};
pub use machine::Machine;
pub use membership::{Standing, drive_membership, standings, why_waiting};
pub use origin::{BATCH_BYTES_MAX, BATCH_COMMANDS_MAX, COMMAND_BYTES_MAX, Leader};
pub use propose::{drive_origin, drive_ticks, end_boot, watch_deadlines, watch_leader};
pub use reads::drive_reads;
pub use room::Room;
pub use router::Router;
pub use snapshot::drive_snapshots;
pub use stats::{KeyStats, RaftStanding};
pub use transfer::{best_successor, transfer};
pub use types::spawn;

static APPLYING: AtomicU64 = AtomicU64::new(0);

fn applying(index: u64) {
    APPLYING.store(index, Ordering::Relaxed);
}

/// Index of the entry that was applied last or is being applied: a panic names it.
pub fn last_applying() -> u64 {
    APPLYING.load(Ordering::Relaxed)
}
