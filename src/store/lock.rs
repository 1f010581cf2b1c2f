//! A lock: who holds it, and until when.
//!
//! Invariants
//! - All holds are of the lock's mode: any number of shared ones, or at most as many as its limit (1: exclusive).
//! - An owner stands once. Tokens rise strictly in the order of the holds: each is the revision of the command that made the hold, so no
//!   later hold of any lock has a lower one.
//! - The key's deadline is that of the hold that ends last. A hold ends by itself at its own, in the order of all deadlines
//!   (`store::expiry`), and never before.

use super::{ValueType, WaiterId};

/// How holds of a lock go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// Any number of them.
    Shared,
    /// So many at a time: 1 is exclusive, more a counting semaphore.
    Limit(u64),
}

impl LockMode {
    /// One holder.
    pub const EXCLUSIVE: Self = Self::Limit(1);

    /// What INFO shows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::EXCLUSIVE => "exclusive",
            Self::Limit(_) => "semaphore",
        }
    }

    /// True if one counts and the other does not count alike: all who use a semaphore must agree on it.
    pub fn contradicts(self, other: Self) -> bool {
        let counts = |mode| matches!(mode, Self::Limit(2..));
        self != other && (counts(self) || counts(other))
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
    /// The request that was granted it, while no other was told of it: if that is cancelled before its reply was written, the hold ends.
    pub asker: Option<WaiterId>,
}

/// See the module's header.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    mode: LockMode,
    holds: Vec<Hold>,
}

impl Default for Lock {
    fn default() -> Self {
        Self { mode: LockMode::EXCLUSIVE, holds: Vec::new() }
    }
}

impl Lock {
    /// A lock with these holds. None if they contradict each other, or there are none.
    pub fn from_parts(mode: LockMode, holds: Vec<Hold>) -> Option<Self> {
        let lock = Self { mode, holds };
        (!lock.holds.is_empty() && lock.validate().is_ok()).then_some(lock)
    }

    /// Its mode.
    pub fn mode(&self) -> LockMode {
        self.mode
    }

    /// The holds, in the order of their tokens.
    pub fn holds(&self) -> &[Hold] {
        &self.holds
    }

    /// The hold of an owner.
    pub fn hold_of(&self, owner: &[u8]) -> Option<&Hold> {
        self.holds.iter().find(|hold| *hold.owner == *owner)
    }

    pub(super) fn hold_of_mut(&mut self, owner: &[u8]) -> Option<&mut Hold> {
        self.holds.iter_mut().find(|hold| *hold.owner == *owner)
    }

    /// True if another hold of this mode goes with those that there are.
    pub fn admits(&self, mode: LockMode) -> bool {
        match mode {
            _ if self.holds.is_empty() => true,
            LockMode::Shared => self.mode == mode,
            LockMode::Limit(limit) => self.mode == mode && (self.holds.len() as u64) < limit,
        }
    }

    /// Adds a hold that [`Self::admits`] allows.
    pub(super) fn add(&mut self, mode: LockMode, hold: Hold) {
        self.mode = mode;
        self.holds.push(hold);
    }

    /// Ends the holds for which this is true.
    pub(super) fn end(&mut self, is_over: impl Fn(&Hold) -> bool) -> Vec<Hold> {
        self.holds.extract_if(.., |hold| is_over(hold)).collect()
    }

    /// When the last one ends.
    pub fn last_end_ms(&self) -> Option<u64> {
        self.holds.iter().map(|hold| hold.deadline_ms).max()
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
        self.holds.iter().map(|hold| hold.deadline_ms).min()
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
        match self.mode {
            LockMode::Limit(limit) if self.holds.len() as u64 > limit => {
                Err(format!("{} holds of a lock for {limit}", self.holds.len()))
            }
            _ => Ok(()),
        }
    }
}
