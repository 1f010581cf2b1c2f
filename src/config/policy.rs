//! `maxmemory-policy`: which keys go when memory is short.

/// Their names, each at the place of its number in the state.
pub const POLICIES: &[&str] = &[
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "noeviction",
];

/// A policy; its number is what the state holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Of the keys with a deadline, those that were not asked for for longest.
    VolatileLru = 0,
    /// Those that are asked for least often.
    VolatileLfu = 1,
    /// Any of them.
    VolatileRandom = 2,
    /// Those whose deadline is next.
    VolatileTtl = 3,
    /// Of all keys, those that were not asked for for longest.
    AllkeysLru = 4,
    /// Those that are asked for least often.
    AllkeysLfu = 5,
    /// Any of them.
    AllkeysRandom = 6,
    /// None.
    NoEviction = 7,
}

impl Policy {
    /// All, by their numbers.
    pub const ALL: [Self; 8] = [
        Self::VolatileLru,
        Self::VolatileLfu,
        Self::VolatileRandom,
        Self::VolatileTtl,
        Self::AllkeysLru,
        Self::AllkeysLfu,
        Self::AllkeysRandom,
        Self::NoEviction,
    ];

    /// By its number; an unknown one evicts nothing.
    pub fn numbered(number: u64) -> Self {
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        Self::ALL.get(place).copied().unwrap_or(Self::NoEviction)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        POLICIES.get(self as usize).copied().unwrap_or_default()
    }

    /// True if keys go at all.
    pub fn evicts(self) -> bool {
        self != Self::NoEviction
    }

    /// True if only keys with a deadline go.
    pub fn is_volatile(self) -> bool {
        (self as u8) <= Self::VolatileTtl as u8
    }

    /// True if it goes by how often keys are asked for.
    pub fn counts_uses(self) -> bool {
        matches!(self, Self::VolatileLfu | Self::AllkeysLfu)
    }

    /// True if it goes by when or how often keys are asked for.
    pub fn minds_reads(self) -> bool {
        self.counts_uses() || matches!(self, Self::VolatileLru | Self::AllkeysLru)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_stands_at_its_number() {
        for (number, policy) in (0..).zip(Policy::ALL) {
            assert_eq!((policy as u64, Policy::numbered(number)), (number, policy));
            assert_eq!(policy.is_volatile(), policy.name().starts_with("volatile-"));
            assert_eq!(policy.counts_uses(), policy.name().ends_with("-lfu"));
        }
        assert_eq!(Policy::ALL.len(), POLICIES.len());
        assert_eq!(Policy::numbered(8), Policy::NoEviction);
    }
}
