//! What becomes of locks: they are acquired, extended, released, and end.
//!
//! Invariants
//! - Strictly first come, first served: a lock that somebody waits for is given to the first in its queue alone, whatever the newcomer asks
//!   for (so shared holders do not starve an exclusive one). Only a hold that there is already is confirmed at once.
//! - Neither acquiring again nor extending shortens a hold or changes its token.
//! - A hold ends with the request that made it (its client was gone before the reply was written) only while no other request was told of it:
//!   a request that was sent again may be carried out before the first one is, and its client relies on what it was told.
//! - `grants` names exactly the holds that carry the request that they were granted to.
//! - Whatever may let a waiter have its turn makes the key ready: a hold's end, and the end of a wait in front of others.

use super::{Effects, Hold, Kind, Lock, LockEvent, LockMode, State, Txn, WaiterId, Wants, is_over};
use crate::error::ReplyError;

const OTHER_LIMIT: ReplyError = ReplyError::new("ERR the lock is held with another LIMIT");
const OTHER_MODE: ReplyError = ReplyError::new("ERR the owner holds the lock in another mode");
const TOO_MANY_HOLDERS: ReplyError = ReplyError::new("LIMIT too many hold this lock (lock-holders-max)");

/// A hold as its owner is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The fencing token.
    pub token: u64,
    /// Last ms of cluster time at which it is held.
    pub deadline_ms: u64,
    /// Cluster time of the entry that carried the request, ms.
    pub asked_ms: u64,
}

impl Txn<'_> {
    /// Gives `owner` a hold on the lock `key` for `ttl_ms`, or confirms the one that it has. None: it has to wait, and nothing changed.
    ///
    /// # Errors
    /// WRONGTYPE; another mode or limit than that of the holds; LIMIT. Nothing changed.
    pub fn acquire(
        &mut self,
        key: &[u8],
        owner: &[u8],
        mode: LockMode,
        ttl_ms: u64,
    ) -> Result<Option<Grant>, ReplyError> {
        let (now_ms, revision, asker) = (self.now_ms(), self.revision(), self.asker());
        let (mut lock, over) = self.lock(key)?.unwrap_or_default();
        let deadline_ms = now_ms.saturating_add(ttl_ms);
        let waiters = self.state().waiters();
        let asked_ms = asker.and_then(|id| waiters.get(id)).map_or(now_ms, |(_, waiter)| waiter.since_ms);
        let held_mode = lock.mode();
        let (event, hold) = if let Some(hold) = lock.hold_of_mut(owner) {
            if held_mode != mode {
                return Err(OTHER_MODE);
            }
            let event = (deadline_ms > hold.deadline_ms).then_some(LockEvent::Extended);
            hold.deadline_ms = hold.deadline_ms.max(deadline_ms);
            if hold.asker != asker {
                hold.asker = None;
            }
            (event, hold.clone())
        } else {
            if !lock.holds().is_empty() && lock.mode().contradicts(mode) {
                return Err(OTHER_LIMIT);
            }
            let is_turn = waiters.first_in_turn(self.db_index() as u8, key).is_none_or(|first| Some(first) == asker);
            if !is_turn || !lock.admits(mode) {
                return Ok(None);
            }
            if lock.holds().len() as u64 >= self.state().options.lock_holders_max {
                return Err(TOO_MANY_HOLDERS);
            }
            let hold = Hold { owner: owner.into(), token: revision, deadline_ms, asker };
            lock.add(mode, hold.clone());
            (Some(LockEvent::Acquired), hold)
        };
        let grant = Grant { token: hold.token, deadline_ms: hold.deadline_ms, asked_ms };
        self.put_lock(key, lock, over, event.map(|event| (event, hold)));
        Ok(Some(grant))
    }

    /// Lets `owner` hold the lock for `ttl_ms` from now at least. None: it does not hold it (with that token, where given).
    ///
    /// # Errors
    /// WRONGTYPE.
    pub fn extend_hold(
        &mut self,
        key: &[u8],
        owner: &[u8],
        token: Option<u64>,
        ttl_ms: u64,
    ) -> Result<Option<Grant>, ReplyError> {
        let asked_ms = self.now_ms();
        let Some((mut lock, over)) = self.lock(key)? else { return Ok(None) };
        let Some(hold) = lock.hold_of_mut(owner).filter(|hold| token.is_none_or(|token| token == hold.token)) else {
            return Ok(None);
        };
        let deadline_ms = asked_ms.saturating_add(ttl_ms);
        let is_later = deadline_ms > hold.deadline_ms;
        hold.deadline_ms = hold.deadline_ms.max(deadline_ms);
        hold.asker = None;
        let grant = Grant { token: hold.token, deadline_ms: hold.deadline_ms, asked_ms };
        let event = is_later.then(|| (LockEvent::Extended, hold.clone()));
        self.put_lock(key, lock, over, event);
        Ok(Some(grant))
    }

    /// Ends the holds for which this is true, and says so with this event: how many.
    ///
    /// # Errors
    /// WRONGTYPE.
    pub fn end_holds(
        &mut self,
        key: &[u8],
        event: LockEvent,
        is_over: impl Fn(&Hold) -> bool,
    ) -> Result<usize, ReplyError> {
        let Some((mut lock, over)) = self.lock(key)? else { return Ok(0) };
        let ended = lock.end(is_over);
        let count = ended.len();
        if count > 0 {
            self.put_lock(key, lock, over, ended.into_iter().map(|hold| (event, hold)));
        }
        Ok(count)
    }

    /// Ends the hold that was granted to this request, if no other one was told of it.
    pub fn end_grant(&mut self, asker: WaiterId) -> bool {
        let Some((db, key)) = self.state().grants.get(&asker).cloned() else { return false };
        let ended = self.on_db(db.into()).end_holds(&key, LockEvent::Lost, |hold| hold.asker == Some(asker));
        ended.is_ok_and(|ended| ended > 0)
    }

    /// The lock as it is now, and the holds that are due: for the state they have not ended yet. For a waiter no hold has ended that the sweep
    /// has not come to: its own wait may be what ends before that.
    fn lock(&mut self, key: &[u8]) -> Result<Option<(Lock, Vec<Hold>)>, ReplyError> {
        if self.asker().is_some_and(|id| self.state().waiters().get(id).is_some()) {
            let entry = self.state().db(self.db_index()).get(key);
            let lock = entry.map(|entry| entry.value().typed::<Lock>().cloned()).transpose()?;
            return Ok(lock.map(|lock| (lock, Vec::new())));
        }
        let now_ms = self.now_ms();
        let Some(mut lock) = self.typed::<Lock>(key)?.cloned() else { return Ok(None) };
        let over = lock.end(|hold| is_over(hold.deadline_ms, now_ms));
        Ok(Some((lock, over)))
    }

    /// Puts the lock back that [`Self::lock`] gave, and tells what has happened to it.
    fn put_lock(
        &mut self,
        key: &[u8],
        lock: Lock,
        over: Vec<Hold>,
        events: impl IntoIterator<Item = (LockEvent, Hold)>,
    ) {
        match lock.last_end_ms() {
            Some(deadline_ms) => self.set(key, lock.into(), super::Deadline::At(deadline_ms)),
            None => _ = self.take_unrecorded(key),
        }
        let db = self.db_index();
        let (state, effects) = self.parts();
        state.record_expired(db, key, over, effects);
        events.into_iter().for_each(|(event, hold)| state.record(db, key, event, &hold, effects));
    }
}

impl State {
    /// When the first lock's first hold ends, if anybody waits for a lock.
    fn first_awaited_end_ms(&self) -> Option<u64> {
        if self.waiters.in_turn_len() == 0 {
            return None;
        }
        self.dbs.iter().filter_map(|db| db.first_lock_end_ms()).min()
    }

    /// When something is due that clients wait for: the leader ticks then.
    pub fn first_awaited_ms(&self) -> Option<u64> {
        let of_waits = self.waiters.first_deadline().map(|(deadline_ms, _)| deadline_ms);
        of_waits.into_iter().chain(self.first_awaited_end_ms()).min()
    }

    /// Ends the holds of a lock whose deadlines are at most this, while others are later.
    pub(super) fn end_holds_upto(&mut self, db: usize, key: &[u8], upto_ms: u64, effects: &mut Effects) {
        self.forget_grants(db, key);
        self.revision += 1;
        let revision = self.revision;
        let Some(database) = self.dbs.get_mut(db) else { return };
        let ended = database.update(key, |entry| {
            let lock = Lock::of_mut(entry.value_mut());
            let ended = lock.map(|lock| lock.end(|hold| hold.deadline_ms <= upto_ms));
            entry.set_revision(revision);
            (ended, entry.deadline_ms())
        });
        let Some((ended, deadline_ms)) = ended else { return };
        self.digest.key(db, key, revision, deadline_ms.unwrap_or(0));
        self.record_expired(db, key, ended.unwrap_or_default(), effects);
        self.note_grants(db, key);
        self.signal_end(db, key);
    }

    /// A key is gone, or less of it is held: whoever waits for that may look.
    pub(super) fn signal_end(&mut self, db: usize, key: &[u8]) {
        if self.waiters.in_turn_len() > 0 {
            self.waiters.signal(db as u8, key, Wants::LOCK_TYPE);
        }
    }

    /// The holds of this key are about to change or go.
    pub(super) fn forget_grants(&mut self, db: usize, key: &[u8]) {
        if self.grants.is_empty() {
            return;
        }
        let lock = self.dbs.get(db).and_then(|db| db.get(key)).and_then(|entry| Lock::of(entry.value()));
        for asker in lock.into_iter().flat_map(Lock::holds).filter_map(|hold| hold.asker) {
            self.grants.remove(&asker);
        }
    }

    /// The holds of this key have changed.
    pub(super) fn note_grants(&mut self, db: usize, key: &[u8]) {
        let lock = self.dbs.get(db).and_then(|db| db.get(key)).and_then(|entry| Lock::of(entry.value()));
        for asker in lock.into_iter().flat_map(Lock::holds).filter_map(|hold| hold.asker) {
            self.grants.insert(asker, (db as u8, key.into()));
        }
    }

    /// Checks what this module promises.
    pub(super) fn validate_locks(&self) -> Result<(), String> {
        let mut carried = 0;
        for (index, db) in self.dbs.iter().enumerate() {
            for entry in db.iter_unordered() {
                let Some(lock) = Lock::of(entry.value()) else { continue };
                if entry.deadline_ms() != lock.last_end_ms() {
                    return Err(format!("the lock {:?} does not end with its last hold", entry.key()));
                }
                for hold in lock.holds() {
                    let grant = hold.asker.map(|asker| self.grants.get(&asker));
                    carried += usize::from(grant.is_some());
                    if grant.is_some_and(|grant| grant != Some(&(index as u8, entry.key().into()))) {
                        return Err(format!("a hold of {:?} is not among the grants", entry.key()));
                    }
                    if hold.token > self.revision {
                        return Err(format!("a hold of {:?} is newer than the state", entry.key()));
                    }
                }
            }
        }
        if carried == self.grants.len() { Ok(()) } else { Err("grants of holds that are gone".into()) }
    }
}

/// A hold's time that is left at `now_ms`, ms; None once it is over.
pub fn hold_left_ms(hold: &Hold, now_ms: u64) -> Option<u64> {
    (!is_over(hold.deadline_ms, now_ms)).then(|| hold.deadline_ms - now_ms.min(hold.deadline_ms))
}
