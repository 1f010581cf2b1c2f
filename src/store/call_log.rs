//! What one script calls, kept for those who watch this node's commands (MONITOR).
//!
//! Invariant: only the node that answers the script has such a log, and nothing that runs reads it: state and digest do not depend on it.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::protocol::Args;

/// So many bytes of arguments are kept: more than who watches may have waiting for him.
const BYTES_MAX: usize = 64 << 20;
/// What a call takes besides its arguments, roughly.
const CALL_BYTES: usize = 64;

/// See the module's header. Copies are of the same log.
#[derive(Clone, Debug, Default)]
pub struct CallLog(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    calls: Vec<(usize, Args)>,
    bytes: usize,
}

impl CallLog {
    /// The script begins. A read that was given up runs once more: what it called then does not count.
    pub fn begin(&self) {
        *self.0.lock() = Kept::default();
    }

    /// The script has called this; `db` is its database behind the call.
    pub fn add(&self, db: usize, args: &Args) {
        let mut kept = self.0.lock();
        kept.bytes += args.payload() + CALL_BYTES;
        if kept.bytes <= BYTES_MAX {
            kept.calls.push((db, args.clone()));
        }
    }

    /// The calls in order, each with its database.
    pub fn take(&self) -> Vec<(usize, Args)> {
        std::mem::take(&mut self.0.lock().calls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_runs_again_is_logged_once_and_within_the_bound() {
        let log = CallLog::default();
        let args = |len: usize| Args::from_slices(["get".to_owned(), "x".repeat(len)]);
        log.add(0, &args(1));
        log.begin();
        log.clone().add(3, &args(2));
        log.add(1, &args(BYTES_MAX));
        assert_eq!(log.take(), [(3, args(2))]);
        assert_eq!(log.take(), []);
    }
}
