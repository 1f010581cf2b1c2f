//! Writes on their way to the thread that writes.

use super::io::Write;
use crate::replication::codec::entry_size;
use crate::sys::sync::{Condvar, Mutex, wait};

/// Most bytes of entries in one batch (a single larger write goes alone): reading one entry reads its whole batch.
const BATCH_BYTES: usize = 8 << 20;

/// Writes on their way to the thread.
#[derive(Default)]
pub struct Queue {
    state: Mutex<Queued>,
    arrived: Condvar,
}

#[derive(Default)]
struct Queued {
    writes: Vec<Write>,
    closed: bool,
}

impl Queue {
    /// Adds a write.
    pub fn push(&self, write: Write) {
        self.state.lock().writes.push(write);
        self.arrived.notify_one();
    }

    /// Lets the thread end once it has written all.
    pub fn close(&self) {
        self.state.lock().closed = true;
        self.arrived.notify_one();
    }

    /// The writes of the next batch, in order; `None` at the end.
    pub(super) fn take(&self) -> Option<Vec<Write>> {
        let mut queued = self.state.lock();
        while queued.writes.is_empty() {
            if queued.closed {
                return None;
            }
            if crate::planted::is("the log's thread misses a write that comes while it goes to sleep") {
                drop(queued);
                queued = self.state.lock();
            }
            queued = wait(&self.arrived, queued);
        }
        let mut bytes = 0;
        let mut count = 0;
        for write in &queued.writes {
            bytes += write.entries.iter().map(entry_size).sum::<usize>();
            if bytes > BATCH_BYTES && count > 0 {
                break;
            }
            count += 1;
        }
        let rest = queued.writes.split_off(count);
        Some(std::mem::replace(&mut queued.writes, rest))
    }
}

#[cfg(test)]
#[cfg(feature = "schedules")]
mod schedules;
