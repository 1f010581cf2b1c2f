//! How a lock is held: by one owner, by several that count, or by any number.

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

    /// As a snapshot holds it: 0 shared, else the limit.
    pub fn number(self) -> u64 {
        match self {
            Self::Shared => 0,
            Self::Limit(limit) => limit,
        }
    }

    /// What has this number.
    pub fn of_number(number: u64) -> Self {
        if number == 0 { Self::Shared } else { Self::Limit(number) }
    }

    /// True if one owner may hold so while others hold or wait like that.
    pub fn goes_with(self, other: Self) -> bool {
        self == Self::Shared && other == Self::Shared
    }

    /// True if it is held by several at a time, of whom any one may make room for another.
    pub fn is_semaphore(self) -> bool {
        matches!(self, Self::Limit(2..))
    }

    /// True if one counts and the other does not count alike: all who use a semaphore must agree on it.
    pub fn contradicts(self, other: Self) -> bool {
        self != other && (self.is_semaphore() || other.is_semaphore())
    }
}
