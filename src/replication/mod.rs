//! Consensus: the only user of openraft. It knows bytes, log ids and one trait of the state machine ([`crate::executor::Executor`]); what a
//! command is, it does not know. The path of a write and of a read through it:
//!
//! - [`Group::submit`] takes a connection's group of commands. Reads go to its reads, all else to the [`origin`].
//! - The origin makes batches and hands them to the leader: itself ([`propose`]) or a peer ([`peer`]).
//! - The leader stamps a batch ([`crate::executor::entry`]) and proposes it; the log store ([`log`]) makes it durable.
//! - Its state machine feeds each committed entry to the executor, which at its origin produces the replies.
//! - [`drivers`] and [`membership`] have the tasks that keep a group going.

mod absence;
pub mod codec;
mod drivers;
mod eviction;
mod evidence;
mod group;
pub mod log;
mod membership;
pub mod offline;
mod origin;
mod pacing;
pub mod peer;
mod propose;
mod standing;
pub mod start;
#[cfg(test)]
pub(crate) mod testing;
mod timing;
mod transfer;
pub mod types;

pub use absence::watch_absence;
pub use drivers::{drive_origin, drive_ticks, watch_deadlines, watch_leader};
pub use eviction::{drive_eviction, tell_reads};
pub use evidence::watch_evidence;
pub use group::{
    Front, Group, LastApplied, Parts, Raft, RaftStanding, SnapshotStats, Snapshots, StateMachine, drive_reads,
    drive_snapshots, raft_meta, take as take_snapshot,
};
pub use membership::{drive_membership, standings, why_waiting};
pub use origin::{BATCH_BYTES_MAX, BATCH_COMMANDS_MAX, Leader};
pub use propose::end_boot;
pub use standing::Standing;
pub use transfer::{hand_over, transfer};
pub use types::spawn;
