//! Where something stands in the log.

/// A command's place in the log: the index of its entry, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The entry's index.
    pub index: u64,
    /// 1, 2, 3 … in the entry.
    pub position: u64,
}

impl Place {
    /// Behind all others.
    pub const LAST: Self = Self { index: u64::MAX, position: u64::MAX };
}
