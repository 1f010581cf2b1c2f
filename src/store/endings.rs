//! How sessions begin, live on and end, and what ends with them and with connections, as changes of the state.
//!
//! Invariants
//! - What ends with a session ends in one entry, at the place of its deadline among all that is due, before what is due in the same ms: its holds in
//!   the order of their tokens, then its keys, then its waits. Nothing is granted to a session whose deadline is over, and nobody sees what is
//!   held by or bound to it ([`super::View`], [`Txn`]).
//! - A session's holds have its deadline, or an earlier one of their own, at any time.
//! - Holds that are bound to a connection end with the entry that says that it is gone, with the end of its boot by its own node, or with the
//!   next boot of that node; never because a node is silent: its clients may still hold them.
//! - Whatever changes here is in the digest.

use std::collections::BTreeSet;

use super::ties::{Tie, TiedHold};
use super::{
    Audited, Bound, ELEMENT_UNITS, Effects, Event, LockEvent, Session, Sessions, State, Txn, WaiterId, is_over,
};
use crate::error::{ReplyError, WRONG_TYPE};
use crate::protocol::Reply;

/// A session that is not there.
pub(super) const NO_SESSION: ReplyError =
    ReplyError::new("NOSESSION the session has ended, or there has been none of this id");
const TOO_MANY: ReplyError = ReplyError::new("LIMIT too many sessions (sessions-max)");
pub(super) const TOO_MUCH: ReplyError =
    ReplyError::new("LIMIT the session holds and binds as much as it may (session-items-max)");

impl State {
    /// All sessions, those included that are over and have not been ended yet.
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Puts back what a snapshot held.
    pub fn restore_sessions(&mut self, sessions: Sessions) {
        self.sessions = sessions;
    }

    /// The locks that a session holds: database, name and token, in the order of the tokens.
    pub fn session_holds(&self, id: u64) -> impl Iterator<Item = (usize, std::sync::Arc<[u8]>, u64)> {
        let tied = self.ties.of(Tie::Bound(Bound::Session(id)));
        tied.into_iter().map(|TiedHold { token, db, key }| (db.into(), key, token))
    }

    /// How many those are.
    pub fn session_hold_count(&self, id: u64) -> u64 {
        self.ties.len_of_session(id)
    }

    /// A session that lives.
    ///
    /// # Errors
    /// NOSESSION.
    pub(super) fn living_session(&self, id: u64) -> Result<&Session, ReplyError> {
        self.sessions.get(id).filter(|session| !is_over(session.deadline_ms, self.now_ms)).ok_or(NO_SESSION)
    }

    /// What a session holds and binds.
    pub(super) fn session_items(&self, id: u64) -> u64 {
        self.ties.len_of_session(id) + self.sessions.key_count(id)
    }

    /// Ends a session whose deadline is over.
    pub(super) fn expire_session(&mut self, id: u64, effects: &mut Effects) {
        let Some(deadline_ms) = self.sessions.get(id).map(|session| session.deadline_ms) else { return };
        self.revision += 1;
        // Its holds have no later deadline.
        for (db, key) in self.ties.keys_of(Tie::Bound(Bound::Session(id))) {
            self.end_due_holds(db.into(), &key, deadline_ms.saturating_add(1), effects);
        }
        self.end_rest_of_session(id, Event::EXPIRED, effects);
    }

    /// Takes a session out that holds no lock any more: how many keys were bound to it, of which it tells this.
    fn end_rest_of_session(&mut self, id: u64, event: Event, effects: &mut Effects) -> u64 {
        self.digest.number(id);
        let keys: Vec<(usize, Box<[u8]>)> = self.sessions.keys_of(id).map(|(db, key)| (db, key.into())).collect();
        for (db, key) in &keys {
            if let Some(entry) = self.take_key(*db, key) {
                effects.discard(entry);
                effects.note_change(key);
                self.tell(*db, key, event, effects);
            }
        }
        self.sessions.remove(id);
        let waits: Vec<WaiterId> = self.waiters.of_session(id).collect();
        for wait in waits {
            self.end_wait(wait, Reply::Error(NO_SESSION), effects);
        }
        keys.len() as u64
    }

    /// Ends a boot: its node, if there was such a boot.
    pub fn end_boot(&mut self, boot: u64, effects: &mut Effects) -> Option<u64> {
        let node = self.origins.end(boot)?.node;
        self.end_all_of_boot(boot, effects);
        Some(node)
    }

    /// Takes out what belongs to the clients of a boot that has ended, but for holds that are bound to them: they may be alive.
    pub fn end_all_of_boot(&mut self, boot: u64, effects: &mut Effects) {
        self.end_waits_of_boot(boot);
        self.end_subscriptions_of_boot(boot);
        if let Some(audit) = &mut effects.audit {
            audit.push(Audited::BootEnded(boot));
        }
    }

    /// Ends what is bound to the connections of a boot that its own node has ended.
    pub fn end_connections_of_boot(&mut self, node: u64, boot: u64, effects: &mut Effects) {
        self.end_connections(node, |of| of == boot, effects);
    }

    /// Ends what is bound to the connections of a node under earlier boots than this one.
    pub fn end_connections_before(&mut self, node: u64, boot: u64, effects: &mut Effects) {
        self.end_connections(node, |of| of != boot, effects);
    }

    fn end_connections(&mut self, node: u64, is_meant: impl Fn(u64) -> bool, effects: &mut Effects) {
        if crate::planted::is("holds outlive the process that their connections had") {
            return;
        }
        let bounds = self.ties.of_node(node).into_iter().map(|(bound, _)| bound);
        let bounds: BTreeSet<Bound> = bounds.filter(|bound| boot_of(*bound).is_some_and(&is_meant)).collect();
        for bound in bounds {
            self.revision += 1;
            self.end_bound(bound, LockEvent::Lost, effects);
        }
    }

    /// Ends all holds that are bound to this, each lock's at once, and says so with this event: how many.
    fn end_bound(&mut self, bound: Bound, event: LockEvent, effects: &mut Effects) -> usize {
        let keys = self.ties.keys_of(Tie::Bound(bound)).into_iter();
        keys.map(|(db, key)| self.end_holds_of(db.into(), &key, event, |hold| hold.bound == bound, effects)).sum()
    }
}

fn boot_of(bound: Bound) -> Option<u64> {
    match bound {
        Bound::Connection { boot, .. } => Some(boot),
        Bound::Time | Bound::Session(_) | Bound::Neither { .. } => None,
    }
}

impl Txn<'_> {
    /// Ends the boot of a node that is no member any more, if it has one.
    pub fn end_boot_of(&mut self, node: u64) {
        let (state, effects) = self.parts();
        if let Some(boot) = state.origins.of_node(node).map(|(boot, _)| boot) {
            state.end_boot(boot, effects);
        }
    }

    /// Opens a session: its id.
    ///
    /// # Errors
    /// LIMIT.
    pub fn open_session(&mut self, timeout_ms: u64, label: &[u8]) -> Result<u64, ReplyError> {
        let (id, opened_ms, from) = (self.revision(), self.now_ms(), self.client_addr());
        let opener = self.asker().map(|asker| (asker.boot, asker.connection));
        let state = self.state_mut();
        if state.sessions.len() as u64 >= state.options.sessions_max {
            return Err(TOO_MANY);
        }
        let deadline_ms = opened_ms.saturating_add(timeout_ms);
        state.sessions.insert(id, Session { timeout_ms, deadline_ms, opened_ms, label: label.into(), opener, from });
        for number in [id, deadline_ms] {
            state.digest.number(number);
        }
        state.digest.bytes(label);
        Ok(id)
    }

    /// Lets a session live for its whole time from now: that time, ms.
    ///
    /// # Errors
    /// NOSESSION.
    pub fn keep_session(&mut self, id: u64) -> Result<u64, ReplyError> {
        let timeout_ms = self.state().living_session(id)?.timeout_ms;
        self.work(self.state().session_hold_count(id).saturating_mul(ELEMENT_UNITS))?;
        let (now_ms, revision) = (self.now_ms(), self.revision());
        let deadline_ms = now_ms.saturating_add(timeout_ms);
        let (state, effects) = self.parts();
        state.sessions.set_deadline(id, deadline_ms);
        state.digest.number(id);
        state.digest.number(deadline_ms);
        for (db, key) in state.ties.keys_of(Tie::Bound(Bound::Session(id))) {
            state.edit_lock(db.into(), &key, (revision, now_ms), effects, |lock| {
                let of_session = lock.holds_mut().filter(|hold| hold.bound == Bound::Session(id));
                of_session.for_each(|hold| hold.settle(Some(deadline_ms)));
                Vec::new()
            });
        }
        Ok(timeout_ms)
    }

    /// Ends a session as its client wants it: how many holds and keys it had; 0 if it has ended before.
    ///
    /// # Errors
    /// It may not do so much.
    pub fn close_session(&mut self, id: u64) -> Result<u64, ReplyError> {
        if self.state().living_session(id).is_err() {
            return Ok(0);
        }
        self.work(self.state().session_items(id).saturating_mul(ELEMENT_UNITS))?;
        let (state, effects) = self.parts();
        let released = state.end_bound(Bound::Session(id), LockEvent::Released, effects) as u64;
        Ok(released + state.end_rest_of_session(id, Event::DEL, effects))
    }

    /// Binds those of these keys that there are to a session: how many.
    ///
    /// # Errors
    /// NOSESSION; WRONGTYPE for a lock; LIMIT. Nothing changed.
    pub fn bind_keys(&mut self, id: u64, keys: &[&[u8]]) -> Result<u64, ReplyError> {
        self.state().living_session(id)?;
        self.work((keys.len() as u64).saturating_mul(ELEMENT_UNITS))?;
        let db = self.db_index();
        let mut present = BTreeSet::new();
        for key in keys {
            match self.get(key) {
                Some(entry) if entry.value().is_lock() => return Err(WRONG_TYPE),
                Some(_) => _ = present.insert(*key),
                None => {}
            }
        }
        let state = self.state_mut();
        let new = present.iter().filter(|key| state.sessions.owner_of(db, key) != Some(id)).count() as u64;
        if new > 0 && state.session_items(id) + new > state.options.session_items_max {
            return Err(TOO_MUCH);
        }
        state.digest.number(id);
        for key in &present {
            state.sessions.bind(id, db, key);
            state.digest.bytes(key);
        }
        Ok(present.len() as u64)
    }

    /// The connection that asks is gone, or begins anew: ends its waits and what is bound to it. How many of both.
    pub fn leave(&mut self) -> usize {
        let Some(asker) = self.asker() else { return 0 };
        let waits = self.state().waiters().of_connection(asker);
        let ended = waits.into_iter().filter(|id| self.end_wait(*id, Reply::Nil)).count();
        let (state, effects) = self.parts();
        let Some(node) = state.origins.get(asker.boot).map(|boot| boot.node) else { return ended };
        let bound = Bound::Connection { node, boot: asker.boot, connection: asker.connection };
        ended + state.end_bound(bound, LockEvent::Lost, effects)
    }
}
