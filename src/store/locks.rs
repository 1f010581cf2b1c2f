//! What becomes of locks: they are acquired, extended, released, and end.
//!
//! Invariants
//! - Strictly first come, first served: a lock that somebody waits for is given to the first in its queue alone, whatever the newcomer asks
//!   for (so shared holders do not starve an exclusive one). Only a hold that there is already is confirmed at once.
//! - Neither acquiring again nor extending shortens a hold's own time or changes its token. Acquiring again binds it anew, to what that request
//!   says.
//! - A hold ends with the request that made it (its client was gone before the reply was written) only while no other request was told of it:
//!   a request that was sent again may be carried out before the first one is, and its client relies on what it was told. For the same
//!   reason a hold that two connections acquired ends with neither, however often they acquire it, but by its time, unless the boot of the
//!   other one has ended: then nothing comes from that any more.
//! - Several at once (LOCK.MULTI): all or none, in one command, and nothing is held while they are waited for. Whoever waits for them stands in
//!   all their queues under one ticket, and is served when each is its owner's, or free and it is the first there. Tickets
//!   are in one order for all queues, so whoever has waited longest is the first wherever it stands: it waits for holders alone, and those end.
//! - Nobody misses its turn: what makes the last of these conditions true is the end of a hold, or of a wait in front, and makes that very key
//!   ready, in whose queue the waiter is then the first, and so is tried. A hold of its own owner comes to a key while it waits there by a
//!   wait in front alone (a request that was sent again, whose first connection was lost). What that one is granted is confirmed to the later
//!   one at once, whoever stands between them: those wait for this very hold, and would be waited for in turn.
//! - `ties` names exactly the holds that there are, by their requests, connections and sessions ([`super::ties`]).
//! - Whatever may let a waiter have its turn makes the key ready: a hold's end, that of a delay, and the end of a wait in front of others.
//! - A hold that is over, or a delay, is none for a command, whether or not it has been ended yet. For one that waits it is until it has been: its
//!   own wait may be what ends before that.

use super::endings::TOO_MUCH;
use super::ties::{Tie, TiedHold};
use super::{Bound, Deadline, ELEMENT_UNITS, Hold, Lock, LockEvent, LockMode, Txn, WaiterId};
use crate::error::ReplyError;

const OTHER_LIMIT: ReplyError = ReplyError::new("ERR the lock is held with another LIMIT");
const OTHER_MODE: ReplyError = ReplyError::new("ERR the owner holds the lock in another mode");
const TOO_MANY_HOLDERS: ReplyError = ReplyError::new("LIMIT too many hold this lock (lock-holders-max)");
const NO_CONNECTION: ReplyError =
    ReplyError::new("ERR CONNECTION is not possible in a script, nor inside ONCE and LOCK.GUARD");

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

/// What a hold is to end with, besides its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Binding {
    /// Nothing.
    #[default]
    Time,
    /// The connection that asks.
    Connection,
    /// This session.
    Session(u64),
}

impl Binding {
    /// The session.
    pub fn session(self) -> Option<u64> {
        match self {
            Self::Session(id) => Some(id),
            Self::Time | Self::Connection => None,
        }
    }
}

/// What somebody asks of a lock.
#[derive(Clone, Copy, Debug)]
pub struct LockRequest<'a> {
    /// For whom.
    pub owner: &'a [u8],
    /// How.
    pub mode: LockMode,
    /// For how long, ms. None, with a session alone: as long as that lives.
    pub ttl_ms: Option<u64>,
    /// What it is to end with.
    pub binding: Binding,
    /// For how long nobody gets it after this hold, if that is not released, ms.
    pub delay_ms: u64,
}

/// What a change of a lock does: it looks at each hold, and at what that is tied to.
fn work_of(lock: Option<&Lock>) -> u64 {
    4 * ELEMENT_UNITS * lock.map_or(0, |lock| lock.holds().len() as u64)
}

/// A hold that may begin or be confirmed.
struct Way {
    hold: Hold,
    grant: Grant,
    event: Option<LockEvent>,
    /// There is a lock, with other holds or not.
    is_there: bool,
    /// What is over by then has ended.
    at_ms: u64,
    is_new_of_session: bool,
}

impl Txn<'_> {
    /// Gives the lock `key` to an owner, or confirms the hold that it has. None: it has to wait, and nothing changed.
    ///
    /// # Errors
    /// WRONGTYPE; another mode or limit than that of the holds; NOSESSION; LIMIT. Nothing changed.
    pub fn acquire(&mut self, key: &[u8], request: &LockRequest<'_>) -> Result<Option<Grant>, ReplyError> {
        let bound = self.bound(request.binding)?;
        let way = self.way(key, request, bound, 0)?;
        Ok(way.map(|way| self.take_way(key, request.mode, way)))
    }

    /// The same for several locks, of which each is named once: all of them, or none.
    ///
    /// # Errors
    /// The first of those that [`Self::acquire`] has for one of them. Nothing changed.
    pub fn acquire_all(&mut self, keys: &[&[u8]], request: &LockRequest<'_>) -> Result<Option<Vec<Grant>>, ReplyError> {
        let bound = self.bound(request.binding)?;
        let may_be =
            |key: &&[u8]| (self.is_turn(key) || self.is_held_by(key, request.owner)) && self.is_lock_or_none(key);
        if self.is_waiting() && !keys.iter().all(may_be) {
            return Ok(None);
        }
        let (mut ways, mut new, mut is_free) = (Vec::with_capacity(keys.len()), 0, true);
        for key in keys {
            match self.way(key, request, bound, new)? {
                Some(way) => {
                    new += u64::from(way.is_new_of_session);
                    ways.push(way);
                }
                None => is_free = false,
            }
        }
        if !is_free {
            return Ok(None);
        }
        let granted = keys.iter().zip(ways).map(|(key, way)| self.take_way(key, request.mode, way));
        Ok(Some(granted.collect()))
    }

    /// Looks whether an owner may hold this lock now, of whom `new` other locks come to the session too. None: it has to wait.
    fn way(
        &mut self,
        key: &[u8],
        request: &LockRequest<'_>,
        (bound, session_ms): (Bound, Option<u64>),
        new: u64,
    ) -> Result<Option<Way>, ReplyError> {
        let (now_ms, revision, asker, from) = (self.now_ms(), self.revision(), self.asker(), self.client_addr());
        let at_ms = self.settled_ms();
        if at_ms != 0 {
            self.get(key);
        }
        let (state, db) = (self.state(), self.db_index());
        let lock = state.lock_at(db, key)?;
        self.work(work_of(lock))?;
        let waiters = state.waiters();
        let asked_ms = asker.and_then(|id| waiters.get(id)).map_or(now_ms, |(_, waiter)| waiter.since_ms);
        let own_ms = request.ttl_ms.map(|ttl_ms| now_ms.saturating_add(ttl_ms));
        let held = lock.and_then(|lock| lock.held_at(at_ms).find(|hold| *hold.owner == *request.owner));
        let mut hold = match (lock, held) {
            (Some(lock), Some(_)) if lock.mode() != request.mode => return Err(OTHER_MODE),
            (_, Some(held)) => {
                let before_ms = held.own_deadline_ms.unwrap_or(held.deadline_ms);
                let own_deadline_ms = own_ms.map(|own_ms| own_ms.max(before_ms));
                Hold { own_deadline_ms, asker: held.asker.filter(|first| Some(*first) == asker), ..held.clone() }
            }
            (lock, None) => {
                let held = lock.map_or(0, |lock| lock.held_at(at_ms).count() as u64);
                if held > 0 && lock.is_some_and(|lock| lock.mode().contradicts(request.mode)) {
                    return Err(OTHER_LIMIT);
                }
                if !self.is_turn(key) || lock.is_some_and(|lock| !lock.admits(request.mode, at_ms)) {
                    return Ok(None);
                }
                if held >= state.options.lock_holders_max {
                    return Err(TOO_MANY_HOLDERS);
                }
                let token = if crate::planted::is("a token does not rise") { revision & !63 } else { revision };
                Hold { asker, ..Hold::new(request.owner, token, own_ms) }
            }
        };
        let bound = match (bound, held) {
            (Bound::Connection { boot, connection, .. }, Some(held)) => {
                let other = held.acquirer.filter(|last| *last != (boot, connection)).map(|(boot, _)| boot);
                let before = if let Bound::Neither { boot } = held.bound { Some(boot) } else { None };
                let mut others = other.into_iter().chain(before);
                let living = others.find(|boot| state.origins.get(*boot).is_some());
                living.map_or(bound, |boot| Bound::Neither { boot })
            }
            _ => bound,
        };
        let is_new_of_session = held.is_none_or(|held| held.bound != bound);
        if let Bound::Session(id) = bound
            && is_new_of_session
            && state.session_items(id) + new >= state.options.session_items_max
        {
            return Err(TOO_MUCH);
        }
        let acquirer = asker.map(|asker| (asker.boot, asker.connection));
        hold.bind(bound, session_ms, request.delay_ms, acquirer, from);
        let grant = Grant { token: hold.token, deadline_ms: hold.deadline_ms, asked_ms };
        let event = match held {
            None => Some(LockEvent::Acquired),
            Some(held) => (hold.deadline_ms > held.deadline_ms).then_some(LockEvent::Extended),
        };
        Ok(Some(Way { hold, grant, event, is_there: lock.is_some(), at_ms, is_new_of_session }))
    }

    fn take_way(&mut self, key: &[u8], mode: LockMode, way: Way) -> Grant {
        let Way { hold, grant, event, is_there, at_ms, .. } = way;
        self.put_hold(key, is_there, at_ms, mode, hold, event);
        grant
    }

    /// True if nobody waits for this lock, or whoever asks is the first of those who do.
    fn is_turn(&self, key: &[u8]) -> bool {
        let first = self.state().waiters().first_in_turn(self.db_index() as u8, key);
        first.is_none_or(|first| Some(first) == self.asker())
            || crate::planted::is("a lock passes over who has waited longest")
    }

    fn is_held_by(&self, key: &[u8], owner: &[u8]) -> bool {
        let lock = self.state().lock_at(self.db_index(), key).ok().flatten();
        lock.is_some_and(|lock| lock.hold_of(owner).is_some())
    }

    fn is_lock_or_none(&self, key: &[u8]) -> bool {
        self.state().db(self.db_index()).get(key).is_none_or(|entry| entry.value().is_lock())
    }

    /// True if whoever asks waits already.
    fn is_waiting(&self) -> bool {
        self.asker().is_some_and(|id| self.state().waiters().get(id).is_some())
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
        let is_meant = |hold: &&Hold| *hold.owner == *owner && token.is_none_or(|token| token == hold.token);
        let lock = self.lock_to_change(key)?;
        let held = lock.and_then(|lock| Some((lock.mode(), lock.held_at(asked_ms).find(is_meant)?.clone())));
        let Some((mode, before)) = held else { return Ok(None) };
        let mut hold = before.clone();
        // One that ends with its session alone goes on as long as that.
        hold.own_deadline_ms = hold.own_deadline_ms.map(|own_ms| own_ms.max(asked_ms.saturating_add(ttl_ms)));
        hold.settle(self.state().session_deadline_ms(hold.bound));
        hold.asker = None;
        let grant = Grant { token: hold.token, deadline_ms: hold.deadline_ms, asked_ms };
        let event = (hold.deadline_ms > before.deadline_ms).then_some(LockEvent::Extended);
        self.put_hold(key, true, asked_ms, mode, hold, event);
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
        which: impl Fn(&Hold) -> bool,
    ) -> Result<usize, ReplyError> {
        let now_ms = self.now_ms();
        let Some(lock) = self.lock_to_change(key)? else { return Ok(0) };
        if !lock.held_at(now_ms).any(&which) {
            return Ok(0);
        }
        let db = self.db_index();
        let (state, effects) = self.parts();
        Ok(state.end_holds_of(db, key, event, which, effects))
    }

    /// A lock that may be changed, without what is over.
    fn lock_to_change(&mut self, key: &[u8]) -> Result<Option<&Lock>, ReplyError> {
        self.get(key);
        let lock = self.state().lock_at(self.db_index(), key)?;
        self.work(work_of(lock))?;
        Ok(lock)
    }

    /// Ends the holds that were granted to this request, if no other one was told of them.
    pub fn end_grant(&mut self, asker: WaiterId) {
        let (state, effects) = self.parts();
        let of_request = |hold: &Hold| hold.asker == Some(asker);
        for TiedHold { db, key, .. } in state.ties.of(Tie::Request(asker)) {
            state.end_holds_of(db.into(), &key, LockEvent::Lost, of_request, effects);
        }
    }

    /// What is over by then is none for the command that runs: see the module's header. 0: nothing.
    fn settled_ms(&self) -> u64 {
        if self.is_waiting() { 0 } else { self.now_ms() }
    }

    /// What a hold is bound to, and the deadline of its session.
    fn bound(&self, binding: Binding) -> Result<(Bound, Option<u64>), ReplyError> {
        match binding {
            Binding::Time => Ok((Bound::Time, None)),
            Binding::Session(id) => Ok((Bound::Session(id), Some(self.state().living_session(id)?.deadline_ms))),
            Binding::Connection => {
                let WaiterId { boot, connection, .. } = self.asker().ok_or(NO_CONNECTION)?;
                let node = self.state().origins.get(boot).ok_or(NO_CONNECTION)?.node;
                Ok((Bound::Connection { node, boot, connection }, None))
            }
        }
    }

    /// Puts a hold in the place of its owner's.
    fn put_hold(
        &mut self,
        key: &[u8],
        is_there: bool,
        at_ms: u64,
        mode: LockMode,
        hold: Hold,
        event: Option<LockEvent>,
    ) {
        let told = event.map(|event| (event, hold.clone()));
        let (db, revision) = (self.db_index(), self.revision());
        if is_there {
            let (state, effects) = self.parts();
            state.edit_lock(db, key, (revision, at_ms), effects, |lock| {
                match lock.hold_of_mut(&hold.owner) {
                    Some(before) => *before = hold,
                    None => lock.add(mode, hold),
                }
                told.into_iter().collect()
            });
            return;
        }
        let mut lock = Lock::default();
        lock.add(mode, hold);
        let deadline = Deadline::from(lock.last_end_ms());
        self.set(key, lock.into(), deadline);
        let (state, effects) = self.parts();
        told.into_iter().for_each(|(event, hold)| state.record(db, key, event, &hold, effects));
    }
}
