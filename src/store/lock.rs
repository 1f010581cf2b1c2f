//! A lock: who holds it, and until when.
//!
//! Invariants
//! - All holds are of the lock's mode: any number of shared ones, or at most as many as its limit (1: exclusive).
//! - An owner stands once. Tokens rise strictly in the order of the holds: each is the revision of the command that made the hold, so no
//!   later hold of any lock has a lower one.
//! - A hold's deadline is the earlier of its own and its session's; it has one of its own unless it is a session's. It ends by itself at its
//!   deadline, in the order of all deadlines (`store::expiry`), and never before.
//! - A delay begins when a hold with one ends otherwise than by a release, at that very ms whenever it is noticed; until it is over the lock
//!   admits nobody. The key's deadline is when the last hold, and the delay that would follow it, and the present delay are over.

use std::net::SocketAddr;

use super::{LockEvent, LockMode, ValueType, WaiterId, is_over};

/// What a hold ends with, besides its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    /// Nothing.
    #[default]
    Time,
    /// A connection.
    Connection {
        /// Its node.
        node: u64,
        /// The boot under which it asked.
        boot: u64,
        /// Its id.
        connection: u64,
    },
    /// A session.
    Session(u64),
    /// No connection, because a second one acquired it too while the boot of the other one had not ended.
    Neither {
        /// That boot.
        boot: u64,
    },
}

impl Bound {
    /// The session.
    pub fn session(self) -> Option<u64> {
        match self {
            Self::Session(id) => Some(id),
            Self::Time | Self::Connection { .. } | Self::Neither { .. } => None,
        }
    }
}

/// One owner's hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Who.
    pub owner: Box<[u8]>,
    /// The fencing token.
    pub token: u64,
    /// Last ms of cluster time at which it is held.
    pub deadline_ms: u64,
    /// The same as far as it depends on nothing else; None: on its session alone.
    pub own_deadline_ms: Option<u64>,
    /// What it ends with.
    pub bound: Bound,
    /// For how long nobody gets the lock if this hold is not released, ms.
    pub delay_ms: u64,
    /// The request that was granted it, while no other was told of it: if that is cancelled before its reply was written, the hold ends.
    pub asker: Option<WaiterId>,
    /// The boot and the connection that acquired it last; None: no connection did.
    pub acquirer: Option<(u64, u64)>,
    /// The address of that client.
    pub from: Option<SocketAddr>,
}

impl Hold {
    /// A hold that is bound to nothing yet. Its own deadline, ms; None: it ends with its session alone.
    pub(super) fn new(owner: &[u8], token: u64, own_deadline_ms: Option<u64>) -> Self {
        Self {
            owner: owner.into(),
            token,
            deadline_ms: 0,
            own_deadline_ms,
            bound: Bound::Time,
            delay_ms: 0,
            asker: None,
            acquirer: None,
            from: None,
        }
    }

    /// It is now this request's, and ends with what that says, and with a session that ends then (ms).
    pub(super) fn bind(
        &mut self,
        bound: Bound,
        session_ms: Option<u64>,
        delay_ms: u64,
        acquirer: Option<(u64, u64)>,
        from: Option<SocketAddr>,
    ) {
        (self.bound, self.delay_ms, self.acquirer, self.from) = (bound, delay_ms, acquirer, from);
        self.settle(session_ms);
    }

    /// Sets when it ends, with a session that ends then (ms; none: never).
    pub(super) fn settle(&mut self, session_ms: Option<u64>) {
        let own_ms = self.own_deadline_ms.unwrap_or(u64::MAX);
        self.deadline_ms = own_ms.min(session_ms.unwrap_or(u64::MAX));
    }

    /// How it ends at its deadline.
    pub(super) fn end_by_itself(&self) -> LockEvent {
        match self.own_deadline_ms {
            Some(own_ms) if own_ms <= self.deadline_ms => LockEvent::Expired,
            _ => LockEvent::Lost,
        }
    }

    fn end_with_delay_ms(&self) -> u64 {
        self.deadline_ms.saturating_add(self.delay_ms)
    }
}

/// See the module's header.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    mode: LockMode,
    holds: Vec<Hold>,
    /// Last ms of cluster time at which nobody is admitted; 0: no delay.
    delayed_ms: u64,
}

impl Default for Lock {
    fn default() -> Self {
        Self { mode: LockMode::EXCLUSIVE, holds: Vec::new(), delayed_ms: 0 }
    }
}

impl Lock {
    /// A lock with these holds, and a delay until then (0: none). None if they contradict each other, or there is nothing.
    pub fn from_parts(mode: LockMode, holds: Vec<Hold>, delayed_ms: u64) -> Option<Self> {
        let lock = Self { mode, holds, delayed_ms };
        (!lock.is_vacant() && lock.validate().is_ok()).then_some(lock)
    }

    /// Its mode.
    pub fn mode(&self) -> LockMode {
        self.mode
    }

    /// The holds, in the order of their tokens.
    pub fn holds(&self) -> &[Hold] {
        &self.holds
    }

    /// Last ms of cluster time at which nobody is admitted; 0: no delay.
    pub fn delayed_ms(&self) -> u64 {
        self.delayed_ms
    }

    /// The holds that are not over at `now_ms`, in the order of their tokens.
    pub fn held_at(&self, now_ms: u64) -> impl Iterator<Item = &Hold> {
        self.holds.iter().filter(move |hold| !is_over(hold.deadline_ms, now_ms))
    }

    /// The hold of an owner.
    pub fn hold_of(&self, owner: &[u8]) -> Option<&Hold> {
        self.holds.iter().find(|hold| *hold.owner == *owner)
    }

    pub(super) fn hold_of_mut(&mut self, owner: &[u8]) -> Option<&mut Hold> {
        self.holds.iter_mut().find(|hold| *hold.owner == *owner)
    }

    pub(super) fn holds_mut(&mut self) -> impl Iterator<Item = &mut Hold> {
        self.holds.iter_mut()
    }

    /// Until when a delay lasts that has begun by `now_ms`; None: there is none, or it is over.
    pub fn delay_at(&self, now_ms: u64) -> Option<u64> {
        // Of one without a delay this is over.
        let over = self.holds.iter().filter(|hold| is_over(hold.deadline_ms, now_ms));
        let last_ms = over.map(Hold::end_with_delay_ms).fold(self.delayed_ms, u64::max);
        (last_ms != 0 && !is_over(last_ms, now_ms)).then_some(last_ms)
    }

    /// True if at `now_ms` another hold of this mode goes with those that there are.
    pub fn admits(&self, mode: LockMode, now_ms: u64) -> bool {
        let held = self.held_at(now_ms).count() as u64;
        match mode {
            _ if self.delay_at(now_ms).is_some() => false,
            _ if held == 0 || crate::planted::is("a lock has two holders") => true,
            LockMode::Shared => self.mode == mode,
            LockMode::Limit(limit) => self.mode == mode && held < limit,
        }
    }

    /// Adds a hold that [`Self::admits`] allows, where none is over.
    pub(super) fn add(&mut self, mode: LockMode, hold: Hold) {
        self.mode = mode;
        self.holds.push(hold);
    }

    /// Ends the holds for which this is true, at `now_ms`, by which none of them is over; with their delays, unless they are released.
    pub(super) fn end(&mut self, which: impl Fn(&Hold) -> bool, event: LockEvent, now_ms: u64) -> Vec<Hold> {
        let (ended, left) = std::mem::take(&mut self.holds).into_iter().partition(which);
        self.holds = left;
        let ended: Vec<Hold> = ended;
        if event != LockEvent::Released {
            self.delay(&ended, |_| now_ms);
        }
        ended
    }

    /// Ends what is over at `now_ms`: holds, and the delay.
    pub(super) fn end_due(&mut self, now_ms: u64) -> Vec<Hold> {
        let mut ended = Vec::new();
        if self.holds.iter().any(|hold| is_over(hold.deadline_ms, now_ms)) {
            let holds = std::mem::take(&mut self.holds);
            (ended, self.holds) = holds.into_iter().partition(|hold| is_over(hold.deadline_ms, now_ms));
            self.delay(&ended, |hold| hold.deadline_ms);
        }
        if is_over(self.delayed_ms, now_ms) {
            self.delayed_ms = 0;
        }
        ended
    }

    fn delay(&mut self, ended: &[Hold], end_ms: impl Fn(&Hold) -> u64) {
        for hold in ended.iter().filter(|hold| hold.delay_ms > 0) {
            self.delayed_ms = self.delayed_ms.max(end_ms(hold).saturating_add(hold.delay_ms));
        }
    }

    /// When the last of it is over: holds, delays that would follow them, the present delay. None: nothing is left.
    pub fn last_end_ms(&self) -> Option<u64> {
        let of_holds = self.holds.iter().map(Hold::end_with_delay_ms).max();
        of_holds.into_iter().chain(Some(self.delayed_ms).filter(|end_ms| *end_ms != 0)).max()
    }
}

impl ValueType for Lock {
    fn type_name(&self) -> &'static str {
        "lock"
    }

    fn encoding(&self) -> &'static str {
        "holds"
    }

    fn elements(&self) -> usize {
        self.holds.len()
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.holds.capacity() * size_of::<Hold>()
    }

    fn copy_units(&self) -> u64 {
        self.holds.len() as u64 * super::ELEMENT_UNITS
    }

    fn first_end_ms(&self) -> Option<u64> {
        let of_holds = self.holds.iter().map(|hold| hold.deadline_ms).min();
        of_holds.into_iter().chain(Some(self.delayed_ms).filter(|end_ms| *end_ms != 0)).min()
    }

    fn shown_end_ms(&self, now_ms: u64) -> Option<u64> {
        self.held_at(now_ms).map(|hold| hold.deadline_ms).max().or_else(|| self.delay_at(now_ms))
    }

    fn is_vacant(&self) -> bool {
        self.holds.is_empty() && self.delayed_ms == 0
    }

    fn is_slow_to_free(&self) -> bool {
        self.holds.len() > 64
    }

    fn validate(&self) -> Result<(), String> {
        let mut owners: Vec<&[u8]> = self.holds.iter().map(|hold| &*hold.owner).collect();
        owners.sort_unstable();
        owners.dedup();
        if owners.len() != self.holds.len() {
            return Err("an owner holds a lock twice".into());
        }
        if !self.holds.is_sorted_by(|a, b| a.token < b.token) {
            return Err("the tokens of a lock do not rise".into());
        }
        let is_wrong = |hold: &&Hold| {
            let is_sessions = matches!(hold.bound, Bound::Session(_));
            !is_sessions && hold.own_deadline_ms != Some(hold.deadline_ms)
                || hold.own_deadline_ms.is_some_and(|own_ms| own_ms < hold.deadline_ms)
        };
        if let Some(hold) = self.holds.iter().find(is_wrong) {
            return Err(format!("the deadline of the hold {} is not its own", hold.token));
        }
        match self.mode {
            LockMode::Limit(limit) if self.holds.len() as u64 > limit => {
                Err(format!("{} holds of a lock for {limit}", self.holds.len()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
