//! The one place where a lock that there is changes: with its key's deadline, its ties, its queue and its history.
//!
//! Invariants
//! - A change names the moment by which what is over has ended first. That moment never goes beyond what a sweep has come to, unless a command
//!   makes the change: what is due ends in the order of its deadlines.
//! - A lock of which nothing is left takes its key with it.

use super::ties::Ties;
use super::{Bound, Effects, Entry, Event, Hold, Kind, Lock, LockEvent, State, Value, Waiter, WaiterId, is_over};
use crate::error::ReplyError;

impl State {
    /// The lock `key`, as it stands.
    ///
    /// # Errors
    /// WRONGTYPE.
    pub(super) fn lock_at(&self, db: usize, key: &[u8]) -> Result<Option<&Lock>, ReplyError> {
        self.db(db).get(key).map(|entry| entry.value().typed()).transpose()
    }

    /// The deadline of the session that a hold is bound to.
    pub(super) fn session_deadline_ms(&self, bound: Bound) -> Option<u64> {
        match bound {
            Bound::Session(id) => self.sessions.get(id).map(|session| session.deadline_ms),
            Bound::Time | Bound::Connection { .. } | Bound::Neither { .. } => None,
        }
    }

    /// Lets `edit` change a lock once what is over at `at_ms` has ended; it tells what has happened to which holds. The key gets this revision.
    pub(super) fn edit_lock(
        &mut self,
        db: usize,
        key: &[u8],
        (revision, at_ms): (u64, u64),
        effects: &mut Effects,
        edit: impl FnOnce(&mut Lock) -> Vec<(LockEvent, Hold)>,
    ) {
        let Ok(Some(lock)) = self.lock_at(db, key) else { return };
        let (before, delayed_ms) = (Ties::of_key(lock.holds()), lock.delayed_ms());
        let Some(database) = self.dbs.get_mut(db) else { return };
        let edited = database.update(key, |entry| {
            let lock = Lock::of_mut(entry.value_mut())?;
            let over = lock.end_due(at_ms);
            let told = edit(lock);
            let (end_ms, after) = (lock.last_end_ms(), Ties::of_key(lock.holds()));
            let is_less = !over.is_empty() || lock.delayed_ms() != delayed_ms;
            entry.set_revision(revision);
            entry.set_deadline(end_ms);
            Some((over, told, end_ms, after, is_less))
        });
        let Some((over, told, end_ms, after, is_less)) = edited.flatten() else { return };
        self.ties.change(db, key, &before, &after);
        effects.note_change(key);
        match end_ms {
            Some(end_ms) => self.digest.key(db, key, revision, end_ms),
            None => {
                let gone = self.dbs.get_mut(db).and_then(|db| db.remove(key));
                gone.into_iter().for_each(|entry| effects.discard(entry));
                self.digest.key(db, key, 0, 0);
                let is_due = told.is_empty() && !over.is_empty();
                self.tell(db, key, if is_due { Event::EXPIRED } else { Event::DEL }, effects);
            }
        }
        if is_less || told.iter().any(|(event, _)| event.is_end()) {
            self.signal_end(db, key);
        }
        self.record_expired(db, key, over, effects);
        told.iter().for_each(|(event, hold)| self.record(db, key, *event, hold, effects));
    }

    /// Ends holds of a lock that are not over yet, and says so with this event: how many.
    pub(super) fn end_holds_of(
        &mut self,
        db: usize,
        key: &[u8],
        event: LockEvent,
        which: impl Fn(&Hold) -> bool,
        effects: &mut Effects,
    ) -> usize {
        let (now_ms, mut count) = (self.now_ms, 0);
        self.edit_lock(db, key, (self.revision, now_ms), effects, |lock| {
            let ended = lock.end(which, event, now_ms);
            count = ended.len();
            ended.into_iter().map(|hold| (event, hold)).collect()
        });
        count
    }

    /// Ends what of a lock is over at `at_ms`: true if nothing is left of it.
    pub(super) fn end_due_holds(&mut self, db: usize, key: &[u8], at_ms: u64, effects: &mut Effects) -> bool {
        self.revision += 1;
        self.edit_lock(db, key, (self.revision, at_ms), effects, |_| Vec::new());
        self.db(db).get(key).is_none()
    }

    /// Takes a key out, whatever it holds.
    pub(super) fn take_key(&mut self, db: usize, key: &[u8]) -> Option<triomphe::Arc<Entry>> {
        let entry = self.dbs.get_mut(db)?.remove(key)?;
        self.retie(db, key, entry.value(), None);
        self.sessions.unbind(db, key);
        self.digest.key(db, key, 0, 0);
        self.signal_end(db, key);
        Some(entry)
    }

    /// A key is gone, or less of it is held: whoever waits for that may look.
    pub(super) fn signal_end(&mut self, db: usize, key: &[u8]) {
        if !self.waiters.is_empty() {
            self.waiters.signal_end(db as u8, key);
        }
    }

    /// When the first lock's first hold or delay ends, if anybody waits for a lock.
    fn first_awaited_end_ms(&self) -> Option<u64> {
        if self.waiters.in_turn_len() == 0 {
            return None;
        }
        self.dbs.iter().filter_map(|db| db.first_lock_end_ms()).min()
    }

    /// When something is due that clients wait for, or the first session: the leader ticks then.
    pub fn first_awaited_ms(&self) -> Option<u64> {
        let of_waits = self.waiters.first_deadline().map(|(deadline_ms, _)| deadline_ms);
        let of_sessions = self.sessions.first_deadline().map(|(deadline_ms, _)| deadline_ms);
        of_waits.into_iter().chain(of_sessions).chain(self.first_awaited_end_ms()).min()
    }

    /// The holds of a key are now those of another value.
    pub(super) fn retie(&mut self, db: usize, key: &[u8], before: &Value, after: Option<&Value>) {
        let ties = |value: &Value| Lock::of(value).map(|lock| Ties::of_key(lock.holds())).unwrap_or_default();
        self.ties.change(db, key, &ties(before), &after.map(ties).unwrap_or_default());
    }

    /// Checks what is promised of locks and what they are tied to.
    pub(super) fn validate_locks(&self) -> Result<(), String> {
        let mut ties = Ties::default();
        for (index, db) in self.dbs.iter().enumerate() {
            for entry in db.iter_unordered() {
                let Some(lock) = Lock::of(entry.value()) else { continue };
                if entry.deadline_ms() != lock.last_end_ms() {
                    return Err(format!("the lock {:?} does not end with the last of it", entry.key()));
                }
                ties.change(index, entry.key(), &Default::default(), &Ties::of_key(lock.holds()));
                for hold in lock.holds() {
                    if hold.token > self.revision {
                        return Err(format!("a hold of {:?} is newer than the state", entry.key()));
                    }
                    let mut settled = hold.clone();
                    settled.settle(self.session_deadline_ms(hold.bound));
                    let is_orphan = matches!(hold.bound, Bound::Session(id) if self.sessions.get(id).is_none());
                    if is_orphan || settled != *hold {
                        return Err(format!("a hold of {:?} does not end with its session", entry.key()));
                    }
                }
            }
        }
        let is_there = |(db, key): (usize, &[u8])| self.db(db).get(key).is_some_and(|entry| !entry.value().is_lock());
        if let Some((id, _)) = self.sessions.iter().find(|(id, _)| !self.sessions.keys_of(*id).all(is_there)) {
            return Err(format!("a key that is bound to session {id} is not there, or a lock"));
        }
        let of_session = |(_, _, waiter): (WaiterId, u64, &Waiter)| waiter.session;
        if self.waiters.iter().filter_map(of_session).any(|id| self.sessions.get(id).is_none()) {
            return Err("somebody waits for a session that has ended".into());
        }
        if ties == self.ties { Ok(()) } else { Err("locks are tied otherwise than their holds say".into()) }
    }
}

/// A hold's time that is left at `now_ms`, ms; None once it is over.
pub fn hold_left_ms(hold: &Hold, now_ms: u64) -> Option<u64> {
    (!is_over(hold.deadline_ms, now_ms)).then(|| hold.deadline_ms - now_ms.min(hold.deadline_ms))
}
