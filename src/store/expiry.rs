//! Expiry: active, by the sweep at the start of each entry, and passive, by a write that meets a key that is due.

use super::{Effects, State, is_over};

impl State {
    /// Expires keys that are due, in order of (deadline, database, key), at most `max`.
    pub fn sweep(&mut self, max: usize, effects: &mut Effects) -> usize {
        for removed in 0..max {
            let due = self
                .dbs
                .iter()
                .enumerate()
                .filter_map(|(index, db)| db.first_deadline().map(|(deadline, key)| (deadline, index, key)))
                .min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
            let Some((deadline, index, key)) = due else { return removed };
            if !is_over(deadline, self.now_ms) {
                return removed;
            }
            let key: Box<[u8]> = key.into();
            expire(self, index, &key, effects);
        }
        max
    }
}

/// Expires a key that is due: removes it, and counts it.
pub(super) fn expire(state: &mut State, db: usize, key: &[u8], effects: &mut Effects) {
    if let Some(entry) = state.dbs.get_mut(db).and_then(|db| db.remove(key)) {
        state.digest.key(db, key, 0, 0);
        effects.expired += 1;
        effects.discard(entry);
    }
}
