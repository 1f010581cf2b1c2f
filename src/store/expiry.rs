//! Expiry: active, by the sweep at the start of each entry, and passive, by a write that meets a key that is due.
//!
//! Invariant: what is due goes in the order of its deadlines, sessions before keys, keys before fields of hashes and ids of producers, and those before waiters and
//! replies of ONCE of the same ms; so a wait whose turn has come by its deadline is served, one whose has not ends with nil, and what a session
//! holds ends with it. What is due goes one by one, a field as well: a sweep is bounded whatever ends at once. (A hash of which all fields are
//! over is gone as a key is, at once.)

use super::{Audited, Database, Effects, Event, Hash, Kind, State, Stream, is_over};
use crate::protocol::Reply;

/// When something of a database ends first, and of which key.
type First<'a> = Option<(u64, &'a [u8])>;
/// How something of a key ends that is over at this cluster time, ms.
type EndFirst = fn(&mut State, usize, &[u8], u64, &mut Effects);

impl State {
    /// Ends what is due, sessions, keys, fields, waits and replies of ONCE, in order of (deadline, id), (deadline, database, key), (deadline,
    /// database, key, field), (deadline, ticket) and (deadline, id), at most `max`.
    pub fn sweep(&mut self, max: usize, effects: &mut Effects) -> usize {
        (0..max).find(|_| !self.end_first_due(effects)).unwrap_or(max)
    }

    /// Ends the first of what is due, in that order. False: nothing is.
    pub fn end_first_due(&mut self, effects: &mut Effects) -> bool {
        let now_ms = self.now_ms;
        let first = |of: fn(&Database) -> First<'_>| {
            let firsts = self.dbs.iter().enumerate();
            let firsts = firsts.filter_map(|(index, db)| of(db).map(|(deadline, key)| (deadline, index, key)));
            let first = firsts.min_by_key(|(deadline, index, _)| (*deadline, *index));
            first.filter(|(deadline, _, _)| is_over(*deadline, now_ms))
        };
        let (key, field) = (first(Database::first_deadline), first(Database::first_field_end));
        let id = first(Database::first_id_end);
        let ends: [(_, EndFirst); 3] = [(key, expire), (field, end_first_field), (id, end_first_id)];
        // The first one of those that end at the same time.
        let ends = ends.into_iter().filter_map(|(key, end)| key.map(|key| (key, end)));
        let key = ends.min_by_key(|((end_ms, _, _), _)| *end_ms);
        let wait = self.waiters.first_deadline().filter(|(deadline, _)| is_over(*deadline, self.now_ms));
        let once = self.once.first_deadline().filter(|(deadline, _)| is_over(*deadline, self.now_ms));
        let once = once.map(|(deadline, id)| (deadline, id.clone()));
        let of_once = once.as_ref().map(|(deadline, _)| *deadline);
        let session = self.sessions.first_deadline().filter(|(deadline, _)| is_over(*deadline, self.now_ms));
        let of_rest = wait.map(|(deadline, _)| deadline).into_iter().chain(of_once).min();
        if let Some((deadline, id)) = session {
            let of_others = key.as_ref().map(|((deadline, _, _), _)| *deadline).into_iter().chain(of_rest).min();
            if of_others.is_none_or(|of_others| deadline <= of_others) {
                self.expire_session(id, effects);
                return true;
            }
        }
        match (key, wait) {
            (Some(((deadline, index, key), end)), _) if of_rest.is_none_or(|of_rest| deadline <= of_rest) => {
                let key: Box<[u8]> = key.into();
                end(self, index, &key, deadline.saturating_add(1), effects);
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
        if let Some(audit) = &mut effects.audit {
            // A hash goes with the last of its fields.
            let deadline_ms = entry.deadline_ms().into_iter().chain(entry.value().last_end_ms()).min();
            audit.push(Audited::Expired { db: db as u8, key: key.into(), deadline_ms });
        }
        effects.note_change(key);
        state.tell(db, key, Event::EXPIRED, effects);
        effects.discard(entry);
    }
}

/// Ends the first field of a hash that is over at `at_ms`; all of it, if all fields are.
fn end_first_field(state: &mut State, db: usize, key: &[u8], at_ms: u64, effects: &mut Effects) {
    if state.db(db).get(key).is_some_and(|entry| entry.is_due(at_ms)) {
        return expire(state, db, key, at_ms, effects);
    }
    let Some(database) = state.dbs.get_mut(db) else { return };
    // The value that is seen stays the same, and so does the revision.
    let ended = database.update(key, |entry| {
        let (field, end_ms) = Hash::of_mut(entry.value_mut())?.take_over(at_ms)?;
        Some((field, end_ms, entry.revision()))
    });
    let Some((field, end_ms, revision)) = ended.flatten() else { return };
    state.digest.key(db, key, revision, end_ms);
    state.digest.bytes(&field);
    effects.expired_fields += 1;
    // Whoever is to learn that a field has expired learns of it here.
    effects.note_change(key);
    state.tell(db, key, Event::hash("hexpired"), effects);
}

/// Ends the first id of a producer of a stream that is over at `at_ms`. Nobody is told: the entries stay as they are, and so does the revision.
fn end_first_id(state: &mut State, db: usize, key: &[u8], at_ms: u64, _: &mut Effects) {
    let Some(database) = state.dbs.get_mut(db) else { return };
    let ended = database.update(key, |entry| Stream::of_mut(entry.value_mut())?.take_over_id(at_ms));
    if let Some(iid) = ended.flatten() {
        state.digest.bytes(key);
        state.digest.bytes(&iid);
    }
}
