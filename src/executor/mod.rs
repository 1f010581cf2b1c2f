//! Runs commands on the store: the entries of the log, and reads behind the gate.
//!
//! - [`Executor`] and [`Consensus`]: what the two sides know of each other; [`StoreExecutor`] is the executor.
//! - [`entry`]: the format of a log entry. [`prepare`] reads one and looks its commands up, before the gate is taken.
//! - [`apply`](mod@apply) runs it on the state, and at its origin produces the replies.
//! - `reads`: what looks at the state without the log.
//! - [`run_read`], [`run_write`]: one command, which may be a script.
//! - [`Gate`]: the state behind a read-write lock.

pub mod apply;
mod command;
mod contract;
mod disk_space;
pub mod entry;
pub mod eviction;
mod frees;
mod gate;
mod hub;
mod key_stats;
mod mailbox;
mod monitors;
mod natures;
mod once;
mod place;
pub mod prepare;
mod read;
mod reads;
mod run;
mod running;
mod script;
mod serve;
mod store_executor;
#[cfg(test)]
pub mod testing;
mod tracking;
mod users_seen;
mod waiting;

use std::sync::atomic::{AtomicU64, Ordering};

pub use crate::command::context::COMMAND_BYTES_MAX;
pub use crate::store::{Mark, Watch};
pub use command::{Answered, Asker, Command, CommandGroup, Exec, Slot, Step, StepReply, send_answers};
pub use contract::{Applied, BoxFuture, Consensus, Due, Executor, Installed, Members, Moved};
pub use disk_space::DiskSpace;
pub use frees::Frees;
pub use gate::Gate;
pub use hub::Hub;
pub use key_stats::KeyStats;
pub use mailbox::{BufferLimits, Mailbox};
pub use monitors::Monitors;
pub use place::Place;
pub use read::{Read, Work, within_deadlines};
pub use run::{run_read, run_write};
pub use running::Running;
pub use store_executor::StoreExecutor;
pub use users_seen::UsersSeen;

static APPLYING: AtomicU64 = AtomicU64::new(0);

fn applying(index: u64) {
    APPLYING.store(index, Ordering::Relaxed);
}

/// Index of the entry that was applied last or is being applied: a panic names it.
pub fn last_applying() -> u64 {
    APPLYING.load(Ordering::Relaxed)
}
