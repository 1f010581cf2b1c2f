//! Expiry: active, by the sweep at the start of each entry, and passive, by a write that meets a key that is due.
//!
//! Invariant: what is due goes in the order of its deadlines, keys before waiters and replies of ONCE of the same ms; so a wait whose turn has come by its
//! deadline is served, and one whose has not ends with nil.

use super::{Effects, State, is_over};
use crate::protocol::Reply;

impl State {
    /// Ends what is due, keys, waits and replies of ONCE, in order of (deadline, database, key), (deadline, ticket) and (deadline, id), at
    /// most `max`.
    pub fn sweep(&mut self, max: usize, effects: &mut Effects) -> usize {
        for removed in 0..max {
            let key = self
                .dbs
                .iter()
                .enumerate()
                .filter_map(|(index, db)| db.first_deadline().map(|(deadline, key)| (deadline, index, key)))
                .min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)))
                .filter(|(deadline, _, _)| is_over(*deadline, self.now_ms));
            let wait = self.waiters.first_deadline().filter(|(deadline, _)| is_over(*deadline, self.now_ms));
            let once = self.once.first_deadline().filter(|(deadline, _)| is_over(*deadline, self.now_ms));
            let once = once.map(|(deadline, id)| (deadline, id.clone()));
            let of_rest = wait
                .map(|(deadline, _)| deadline)
                .into_iter()
                .chain(once.as_ref().map(|(deadline, _)| *deadline))
                .min();
            match (key, wait) {
                (Some((deadline, index, key)), _) if of_rest.is_none_or(|of_rest| deadline <= of_rest) => {
                    let key: Box<[u8]> = key.into();
                    expire(self, index, &key, effects);
                }
                (_, Some((deadline, id))) if once.as_ref().is_none_or(|(of_once, _)| deadline <= *of_once) => {
                    let reply = self.waiters.get(id).map_or(Reply::Nil, |(_, waiter)| waiter.wants.timed_out());
                    self.end_wait(id, reply, effects);
                }
                _ => match once {
                    Some((_, id)) => self.expire_once(&id),
                    None => return removed,
                },
            }
        }
        max
    }

    /// Forgets an id whose deadline is over.
    pub(super) fn expire_once(&mut self, id: &[u8]) {
        if self.once.remove(id) {
            self.digest.bytes(id);
        }
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
