//! Consensus: the only user of openraft. The path of a write and of a read through it:
//!
//! - [`Group::submit`] takes a connection's group of commands. Reads go to [`reads`], all else to the [`origin`].
//! - The origin makes batches and hands them to the leader: itself ([`propose`]) or a peer ([`peer`]).
//! - The leader stamps a batch ([`entry`]) and proposes it; the log store ([`log`]) makes it durable.
//! - [`apply`] runs each committed entry on the state, and at its origin produces the replies.

pub mod apply;
pub mod codec;
mod command;
pub mod entry;
mod gate;
mod gather;
mod group;
pub mod log;
mod origin;
mod propose;
mod reads;
mod router;
pub mod types;

pub use command::{Answered, Command, CommandGroup, Exec, Level, Step, Watch};
pub use group::Group;
pub use origin::{BATCH_BYTES_MAX, BATCH_COMMANDS_MAX};
pub use router::Router;
