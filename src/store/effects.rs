//! What applying an entry leaves to be done outside of the gate.

use triomphe::Arc;

use super::{Database, Entry, Value};

/// What apply asks each node to do for its own connections after the gate is released. (Publishing, waking and
/// invalidating come with their commands.)
#[derive(Default, Debug)]
pub struct Effects {
    /// Values that may be large: dropped by a thread that nobody waits for.
    pub garbage: Vec<Value>,
    /// Emptied databases, likewise.
    pub flushed: Vec<Database>,
    /// Keys that expired, for INFO's `expired_keys`.
    pub expired: u64,
    /// Keys that reads found and did not find, for INFO; what only the origin does, so no part of the state.
    pub looked_up: (u64, u64),
}

impl Effects {
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
