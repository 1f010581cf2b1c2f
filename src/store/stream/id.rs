//! Ids of entries.

use std::fmt;

/// The id of an entry: a time and a number within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// ms, as a rule of cluster time.
    pub ms: u64,
    /// 0, 1, 2 … of the same ms.
    pub seq: u64,
}

impl StreamId {
    /// Below all entries: none has this id.
    pub const ZERO: Self = Self { ms: 0, seq: 0 };
    /// The last one that there can be.
    pub const MAX: Self = Self { ms: u64::MAX, seq: u64::MAX };

    /// One with these parts.
    pub const fn new(ms: u64, seq: u64) -> Self {
        Self { ms, seq }
    }

    /// True for [`Self::ZERO`].
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// The next larger one.
    pub fn next(self) -> Option<Self> {
        match self.seq.checked_add(1) {
            Some(seq) => Some(Self { seq, ..self }),
            None => Some(Self { ms: self.ms.checked_add(1)?, seq: 0 }),
        }
    }

    /// The next smaller one.
    pub fn previous(self) -> Option<Self> {
        match self.seq.checked_sub(1) {
            Some(seq) => Some(Self { seq, ..self }),
            None => Some(Self { ms: self.ms.checked_sub(1)?, seq: u64::MAX }),
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}
