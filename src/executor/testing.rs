//! For unit tests: scripts on a state without a server.

use super::{run_read, run_write};
use crate::command::testing::Bench;

/// A bench that runs scripts too.
pub fn bench() -> Bench {
    Bench { read: run_read, write: run_write, ..Bench::new() }
}
