//! Looking for names in large values, in steps, so that many look-ups side by side wait for memory together.

use super::{tree, zset};

/// Looking for a name in a large value.
pub enum NameLookUp<'a> {
    /// In a hash.
    Field(tree::LookUp<'a, Box<[u8]>>),
    /// In a set.
    Member(tree::LookUp<'a, ()>),
    /// In a sorted set.
    Scored(zset::LookUp<'a>),
}

impl NameLookUp<'_> {
    /// Goes a step on: false at the end.
    pub(super) fn step(&mut self) -> bool {
        match self {
            Self::Field(looking) => looking.step(),
            Self::Member(looking) => looking.step(),
            Self::Scored(looking) => looking.step(),
        }
    }
}
