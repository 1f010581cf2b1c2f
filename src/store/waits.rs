//! How waiters begin and end, as changes of the state.
//!
//! Invariant: whoever begins or ends to wait is in the digest, and whoever ends to wait among the effects, with the reply.

use std::sync::Arc;

use super::{Effects, Rng, State, Txn, Waiter, WaiterId, WaiterLimits, deadlock};
use crate::error::ReplyError;
use crate::protocol::Reply;

impl State {
    /// Who waits for what.
    pub fn waiters(&self) -> &super::Waiters {
        &self.waiters
    }

    /// The key that has been ready for longest, taken from those that are.
    pub fn next_ready(&mut self) -> Option<(u8, Arc<[u8]>)> {
        self.waiters.next_ready()
    }

    /// A waiter has been served: in order the other waits of its owner for what that holds now.
    pub fn waits_for_own(&self, served: &Waiter) -> Vec<WaiterId> {
        let Some(claim) = &served.claim else { return Vec::new() };
        let is_own = |key: &Arc<[u8]>| {
            let lock = self.lock_at(served.db.into(), key).ok().flatten();
            lock.is_some_and(|lock| lock.hold_of(&claim.owner).is_some())
        };
        let mut others = self.waiters.beside(served);
        others.retain(|id| self.waiters.get(*id).is_some_and(|(_, waiter)| waiter.keys.iter().any(is_own)));
        others
    }

    /// Ends a wait with this reply, if there is such a waiter.
    pub fn end_wait(&mut self, id: WaiterId, reply: Reply, effects: &mut Effects) -> bool {
        if self.waiters.remove(id).is_none() {
            return false;
        }
        for number in [id.boot, id.connection, id.number] {
            self.digest.number(number);
        }
        self.digest.reply(&reply);
        effects.released.push((id, reply));
        true
    }

    /// Ends the waits of a boot that has ended. Its node knows that itself, and what to tell its clients.
    pub fn end_waits_of_boot(&mut self, boot: u64) {
        for id in self.waiters.of_boot(boot) {
            self.waiters.remove(id);
            self.digest.number(id.connection);
            self.digest.number(id.number);
        }
    }

    /// Runs the command of the waiter `id` once more, on database `db`: `attempt` gives None if it has to wait on, and has changed nothing
    /// then; the revision stays in that case.
    pub fn attempt<T>(
        &mut self,
        id: WaiterId,
        db: usize,
        rng: Rng,
        effects: &mut Effects,
        attempt: impl FnOnce(&mut Txn<'_>) -> Option<T>,
    ) -> Option<T> {
        let revision = self.revision;
        let from = self.waiters.get(id).and_then(|(_, waiter)| waiter.from);
        let result = attempt(&mut Txn::new(self, db, rng, effects).asked_by(Some(id)).from(from));
        if result.is_none() {
            self.revision = revision;
        }
        result
    }
}

impl Txn<'_> {
    /// Lets `waiter` wait, under this name.
    ///
    /// # Errors
    /// LIMIT: too many wait. DEADLOCK: those whom it waits for wait for its owner.
    pub fn wait(&mut self, id: WaiterId, waiter: Waiter) -> Result<(), ReplyError> {
        let options = &self.state().options;
        let limits = WaiterLimits { per_key: options.waiters_per_key_max, in_all: options.waiters_max };
        let deadline_ms = waiter.deadline_ms;
        if let Some(claim) = &waiter.claim
            && let Some(circle) = deadlock::circle(self.state(), waiter.db, &waiter.keys, claim)
        {
            return Err(deadlock::error(&circle));
        }
        let state = self.state_mut();
        state.waiters.join(id, waiter, limits)?;
        for number in [id.boot, id.connection, id.number, deadline_ms] {
            state.digest.number(number);
        }
        Ok(())
    }

    /// Ends a wait with this reply, if there is such a waiter.
    pub fn end_wait(&mut self, id: WaiterId, reply: Reply) -> bool {
        let (state, effects) = self.parts();
        state.end_wait(id, reply, effects)
    }
}
