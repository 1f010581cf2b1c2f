//! Side effects of applying an entry, executed once the gate is released.

use triomphe::Arc;

use super::{Database, Entry, Tally, Value, WaiterId};
use crate::protocol::Reply;

/// What apply asks each node to do for its own connections after the gate is released. (Publishing and
/// invalidating come with their commands.)
#[derive(Default, Debug)]
pub struct Effects {
    /// Values that may be large: freed in the background, as by Redis's UNLINK.
    pub garbage: Vec<Value>,
    /// Emptied databases, likewise.
    pub flushed: Vec<Database>,
    /// Keys that expired, for INFO's `expired_keys`.
    pub expired: u64,
    /// Waits that have ended, in order, and what is answered.
    pub released: Vec<(WaiterId, Reply)>,
    /// Scripts that went for others, for INFO's `evicted_scripts`.
    pub evicted_scripts: u64,
    /// What the origin alone counts, for INFO: no part of the state.
    pub tally: Tally,
    /// This node answers what runs now, and so counts it.
    pub is_counting: bool,
}

impl Effects {
    /// Adds what a command has counted, if this node answers it.
    pub fn count(&mut self, tally: Tally) {
        if self.is_counting {
            self.tally.add(tally);
        }
    }

    pub(super) fn discard_value(&mut self, value: Value) {
        if value.is_slow_to_free() {
            self.garbage.push(value);
        }
    }

    pub(super) fn discard(&mut self, entry: Arc<Entry>) {
        if entry.value().is_slow_to_free()
            && let Ok(entry) = Arc::try_unwrap(entry)
        {
            self.garbage.push(entry.into_value());
        }
    }
}
