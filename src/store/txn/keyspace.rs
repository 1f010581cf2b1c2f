//! What a write does with whole keys and databases: it takes, moves, copies, empties, exchanges them.

use triomphe::Arc;

use super::{Deadline, Txn};
use crate::store::{Entry, Event};

const RENAME_FROM: Event = Event::generic("rename_from");
const RENAME_TO: Event = Event::generic("rename_to");
const MOVE_FROM: Event = Event::generic("move_from");
const MOVE_TO: Event = Event::generic("move_to");
const COPY_TO: Event = Event::generic("copy_to");

impl Txn<'_> {
    /// Removes `key` and returns what it held (RENAME, MOVE); it is not told.
    pub fn take(&mut self, key: &[u8]) -> Option<Arc<Entry>> {
        self.expire_if_due(key);
        let entry = self.state.take_key(self.db, key)?;
        self.effects.note_change(key);
        self.state.record_gone(self.db, key, entry.value(), self.effects);
        Some(entry)
    }

    /// Moves `key` to the name `target` in database `to_db`, over whatever is there: a new revision, the same deadline.
    /// False: there is no such key, or no such database, and nothing changed.
    pub fn transfer(&mut self, key: &[u8], to_db: usize, target: &[u8]) -> bool {
        if to_db >= self.state.dbs.len() {
            return false;
        }
        let Some(entry) = self.take(key) else { return false };
        let deadline = Deadline::from(entry.deadline_ms());
        // A snapshot under way may hold the entry too: a clone of its value shares what is large.
        let value = Arc::try_unwrap(entry).map_or_else(|shared| shared.value().clone(), Entry::into_value);
        let is_here = to_db == self.db;
        self.on_db(to_db).set_anew(target, value, deadline);
        self.tell(key, if is_here { RENAME_FROM } else { MOVE_FROM });
        self.on_db(to_db).tell(target, if is_here { RENAME_TO } else { MOVE_TO });
        true
    }

    /// Copies `key` to the name `target` in database `to_db`, over whatever is there: a new revision, the same deadline.
    /// What is large is shared until one side changes. False: there is no such key, or no such database, and nothing changed.
    pub fn copy(&mut self, key: &[u8], to_db: usize, target: &[u8]) -> bool {
        if to_db >= self.state.dbs.len() {
            return false;
        }
        let Some(entry) = self.get(key) else { return false };
        let (value, deadline) = (entry.value().clone(), Deadline::from(entry.deadline_ms()));
        let mut to = self.on_db(to_db);
        to.call_it(COPY_TO);
        to.set_anew(target, value, deadline);
        true
    }

    /// Empties the given databases.
    pub fn flush(&mut self, dbs: impl IntoIterator<Item = usize>) {
        self.effects.note_changes_of_all();
        for index in dbs {
            let Some(db) = self.state.dbs.get_mut(index) else { continue };
            let floor = db.floor();
            let old = std::mem::take(db);
            db.raise_floor(floor);
            self.state.digest.key(index, b"", 0, old.len() as u64);
            self.state.sessions.unbind_all(index);
            for key in old.locks() {
                let Some(entry) = old.get(key) else { continue };
                self.state.retie(index, key, entry.value(), None);
                self.state.record_gone(index, key, entry.value(), self.effects);
            }
            if !old.is_empty() {
                self.effects.flushed.push(old);
            }
            for key in self.state.waiters.keys_of(index as u8) {
                self.state.signal_end(index, &key);
            }
        }
    }

    /// Exchanges two databases; every key of both counts as changed.
    pub fn swap(&mut self, a: usize, b: usize) {
        if a == b || a.max(b) >= self.state.dbs.len() {
            return;
        }
        // Who keeps a reply does not say of which database.
        self.effects.note_changes_of_all();
        self.state.dbs.swap(a, b);
        self.state.sessions.swap(a, b);
        let revision = self.state.revision;
        for index in [a, b] {
            if let Some(db) = self.state.dbs.get_mut(index) {
                db.raise_floor(revision);
                if !db.is_empty() {
                    self.state.creations.note_arrival(index, revision);
                }
            }
            self.state.digest.key(index, b"", revision, 0);
        }
        for index in [a, b] {
            for key in self.state.waiters.keys_of(index as u8) {
                match self.state.db(index).get(&key).map(|entry| entry.value().type_name()) {
                    Some(type_name) => self.state.waiters.signal(index as u8, &key, type_name),
                    None => self.state.signal_end(index, &key),
                }
            }
        }
    }
}
