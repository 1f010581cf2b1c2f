//! Where the keys of a command stand, and what it does with them.

use bitflags::bitflags;

/// Where the search for keys begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginSearch {
    /// At this argument.
    Index(i32),
    /// Behind this word, searched from argument `.1` on.
    Keyword(&'static str, i32),
    /// Nowhere that a spec could say.
    Unknown,
}

/// Which arguments are keys from there on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindKeys {
    /// Up to `last` (relative to the first; negative: from the end), every `step`-th; `limit` as in Redis.
    Range {
        /// Last key, relative to the first; -1 = the last argument.
        last: i32,
        /// Distance between keys.
        step: i32,
        /// Divides the remaining arguments when `last` is -1.
        limit: i32,
    },
    /// A count, then keys.
    Keynum {
        /// The argument with the count, relative to the beginning.
        index: i32,
        /// The first key.
        first: i32,
        /// Distance between keys.
        step: i32,
    },
    /// None that a spec could say.
    Unknown,
}

bitflags! {
    /// What a command does with a key.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct KeyFlags: u16 {
        /// Reads and writes it.
        const RW = 1;
        /// Reads it.
        const RO = 1 << 1;
        /// Overwrites it without reading.
        const OW = 1 << 2;
        /// Removes it.
        const RM = 1 << 3;
        /// Returns its content.
        const ACCESS = 1 << 4;
        /// Changes its content by it.
        const UPDATE = 1 << 5;
        /// Adds to it.
        const INSERT = 1 << 6;
        /// Deletes from it.
        const DELETE = 1 << 7;
        /// Not the name of a key that exists.
        const NOT_KEY = 1 << 8;
        /// Not all keys can be found.
        const INCOMPLETE = 1 << 9;
        /// Flags depend on the arguments.
        const VARIABLE_FLAGS = 1 << 10;
    }
}

/// Where keys stand among the arguments.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    /// Where to begin.
    pub begin: BeginSearch,
    /// What is a key from there on.
    pub find: FindKeys,
    /// What is done with them.
    pub flags: KeyFlags,
}

impl KeySpec {
    /// One key, the first argument.
    pub const fn first(flags: KeyFlags) -> Self {
        Self::range(1, 0, 1, flags)
    }

    /// Keys whose places or names follow from other arguments, or from what other keys hold.
    pub const fn unknown(flags: KeyFlags) -> Self {
        Self { begin: BeginSearch::Unknown, find: FindKeys::Unknown, flags }
    }

    /// Keys from argument `first` on.
    pub const fn range(first: i32, last: i32, step: i32, flags: KeyFlags) -> Self {
        Self { begin: BeginSearch::Index(first), find: FindKeys::Range { last, step, limit: 0 }, flags }
    }
}
