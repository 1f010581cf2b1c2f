//! What becomes of locks: they are acquired, extended, released, and end.
//!
//! Invariants
//! - Strictly first come, first served: a lock that somebody waits for is given to the first in its queue alone, whatever the newcomer asks
//!   for (so shared holders do not starve an exclusive one). Only a hold that there is already is confirmed at once.
//! - Neither acquiring again nor extending shortens a hold's own time or changes its token. Acquiring again binds it anew, to what that request
//!   says.
//! - A hold ends with the request that made it (its client was gone before the reply was written) only while no other request was told of it:
//!   a request that was sent again may be carried out before the first one is, and its client relies on what it was told.
//! - `ties` names exactly the holds that there are, by their requests, connections and sessions ([`super::ties`]).
//! - Whatever may let a waiter have its turn makes the key ready: a hold's end, that of a delay, and the end of a wait in front of others.
//! - A hold that is over, or a delay, is none for a command, whether or not it has been ended yet. For one that waits it is until it has been: its
//!   own wait may be what ends before that.

use super::endings::TOO_MUCH;
use super::ties::{Tie, TiedHold};
use super::{Bound, Deadline, Hold, Lock, LockEvent, LockMode, State, Txn, WaiterId};
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

impl Txn<'_> {
    /// Gives the lock `key` to an owner, or confirms the hold that it has. None: it has to wait, and nothing changed.
    ///
    /// # Errors
    /// WRONGTYPE; another mode or limit than that of the holds; NOSESSION; LIMIT. Nothing changed.
    pub fn acquire(&mut self, key: &[u8], request: &LockRequest<'_>) -> Result<Option<Grant>, ReplyError> {
        let (now_ms, revision, asker, from) = (self.now_ms(), self.revision(), self.asker(), self.client_addr());
        let (bound, session_ms) = self.bound(request.binding)?;
        let at_ms = self.settled_ms();
        if at_ms != 0 {
            self.get(key);
        }
        let (state, db) = (self.state(), self.db_index());
        let lock = state.lock_at(db, key)?;
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
                if !may_hold(state, (db, key), lock, request.mode, asker, at_ms)? {
                    return Ok(None);
                }
                Hold { asker, ..Hold::new(request.owner, revision, own_ms) }
            }
        };
        let is_new_of_session = held.is_none_or(|held| held.bound != bound);
        if let Bound::Session(id) = bound
            && is_new_of_session
            && state.session_items(id) >= state.options.session_items_max
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
        let is_there = lock.is_some();
        self.put_hold(key, is_there, at_ms, request.mode, hold, event);
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
        let is_meant = |hold: &&Hold| *hold.owner == *owner && token.is_none_or(|token| token == hold.token);
        let lock = self.typed::<Lock>(key)?;
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
        let Some(lock) = self.typed::<Lock>(key)? else { return Ok(0) };
        if !lock.held_at(now_ms).any(&which) {
            return Ok(0);
        }
        let db = self.db_index();
        let (state, effects) = self.parts();
        Ok(state.end_holds_of(db, key, event, which, effects))
    }

    /// Ends the holds that were granted to this request, if no other one was told of them: true if there are any.
    pub fn end_grant(&mut self, asker: WaiterId) -> bool {
        let (state, effects) = self.parts();
        let of_request = |hold: &Hold| hold.asker == Some(asker);
        let granted = state.ties.of(Tie::Request(asker));
        let ended = granted
            .into_iter()
            .map(|TiedHold { db, key, .. }| state.end_holds_of(db.into(), &key, LockEvent::Lost, of_request, effects));
        ended.sum::<usize>() > 0
    }

    /// What is over by then is none for the command that runs: see the module's header. 0: nothing.
    fn settled_ms(&self) -> u64 {
        let waits = self.asker().is_some_and(|id| self.state().waiters().get(id).is_some());
        if waits { 0 } else { self.now_ms() }
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

/// True if another hold of this mode may begin for this request, by the queue and by those that there are.
fn may_hold(
    state: &State,
    (db, key): (usize, &[u8]),
    lock: Option<&Lock>,
    mode: LockMode,
    asker: Option<WaiterId>,
    at_ms: u64,
) -> Result<bool, ReplyError> {
    let held = lock.map_or(0, |lock| lock.held_at(at_ms).count() as u64);
    if held > 0 && lock.is_some_and(|lock| lock.mode().contradicts(mode)) {
        return Err(OTHER_LIMIT);
    }
    let is_turn = state.waiters().first_in_turn(db as u8, key).is_none_or(|first| Some(first) == asker);
    if !is_turn || lock.is_some_and(|lock| !lock.admits(mode, at_ms)) {
        return Ok(false);
    }
    if held >= state.options.lock_holders_max { Err(TOO_MANY_HOLDERS) } else { Ok(true) }
}
