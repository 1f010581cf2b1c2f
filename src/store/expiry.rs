//! Expiry: active, by the sweep at the start of each entry, and passive, by a write that meets a key that is due.
//!
//! Invariant: what is due goes in the order of its deadlines, sessions before keys, and keys before waiters and replies of ONCE of the same ms; so a
//! wait whose turn has come by its deadline is served, one whose has not ends with nil, and what a session holds ends with it.

use super::{Effects, Event, State, is_over};
use crate::protocol::Reply;

impl State {
    /// Ends what is due, sessions, keys, waits and replies of ONCE, in order of (deadline, id), (deadline, database, key), (deadline, ticket) and
    /// (deadline, id), at most `max`.
    pub fn sweep(&mut self, max: usize, effects: &mut Effects) -> usize {
        (0..max).find(|_| !self.end_first_due(effects)).unwrap_or(max)
    }

    /// Ends the first of what is due, in that order. False: nothing is.
    pub fn end_first_due(&mut self, effects: &mut Effects) -> bool {
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
        let of_once = once.as_ref().map(|(deadline, _)| *deadline);
        let session = self.sessions.first_deadline().filter(|(deadline, _)| is_over(*deadline, self.now_ms));
        let of_rest = wait.map(|(deadline, _)| deadline).into_iter().chain(of_once).min();
        if let Some((deadline, id)) = session {
            let of_others = key.as_ref().map(|(deadline, _, _)| *deadline).into_iter().chain(of_rest).min();
            if of_others.is_none_or(|of_others| deadline <= of_others) {
                self.expire_session(id, effects);
                return true;
            }
        }
        match (key, wait) {
            (Some((deadline, index, key)), _) if of_rest.is_none_or(|of_rest| deadline <= of_rest) => {
                let key: Box<[u8]> = key.into();
                expire(self, index, &key, deadline.saturating_add(1), effects);
            }
            (_, Some((deadline, id))) if of_once.is_none_or(|of_once| deadline <= of_once) => {
                let reply = self.waiters.get(id).map_or(Reply::Nil, |(_, waiter)| waiter.wants.timed_out());
                self.end_wait(id, reply, effects);
            }
            _ => match once {
                Some((_, id)) => self.expire_once(&id),
                None => return false,
            },
        }
        true
    }

    /// Forgets an id whose deadline is over.
    pub(super) fn expire_once(&mut self, id: &[u8]) {
        if self.once.remove(id) {
            self.digest.bytes(id);
        }
    }
}

/// Expires a key that is due: removes it, and counts it. Of a lock what is over at `at_ms` ends; with the last of it, the key.
pub(super) fn expire(state: &mut State, db: usize, key: &[u8], at_ms: u64, effects: &mut Effects) {
    if state.db(db).get(key).is_some_and(|entry| entry.value().is_lock()) {
        let is_gone = state.end_due_holds(db, key, at_ms, effects);
        effects.expired += u64::from(is_gone);
    } else if let Some(entry) = state.take_key(db, key) {
        effects.expired += 1;
        effects.note_change(key);
        state.tell(db, key, Event::EXPIRED, effects);
        effects.discard(entry);
    }
}
