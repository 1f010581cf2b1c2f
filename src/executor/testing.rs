//! For unit tests: scripts on a state without a server, and replies compared.

use super::{Slot, StepReply, run_read, run_write};
use crate::command::testing::Bench;
use crate::protocol::Reply;

/// A bench that runs scripts too.
pub fn bench() -> Bench {
    Bench { read: run_read, write: run_write, ..Bench::new() }
}

impl PartialEq<Reply> for StepReply {
    fn eq(&self, other: &Reply) -> bool {
        match (self, other) {
            (Self::Reply(reply), other) => reply == other,
            (Self::Exec(slots), Reply::Array(items)) => slots == items,
            (Self::Exec(_), _) => false,
        }
    }
}

impl PartialEq<Reply> for Slot {
    fn eq(&self, other: &Reply) -> bool {
        matches!(self, Self::Reply(reply) if reply == other)
    }
}
