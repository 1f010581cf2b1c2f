//! Runs commands on the store: the entries of the log, and reads behind the gate.
//!
//! - [`entry`]: the format of a log entry. [`prepare`] reads one and looks its commands up, before the gate is taken.
//! - [`apply`](mod@apply) runs it on the state, and at its origin produces the replies.
//! - [`Gate`]: the state behind a read-write lock.

pub mod apply;
mod command;
pub mod entry;
mod gate;
pub mod prepare;

pub use command::{Answered, Command, CommandGroup, Exec, Step, Watch, send_answers};
pub use gate::Gate;
