//! How a connection is told of changes of the keys that it has read (CLIENT TRACKING).

use std::collections::BTreeSet;

use bytes::Bytes;

/// See the module's header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracked {
    /// The client that is told in its place; 0: none.
    pub redirect: u64,
    /// It is told of all keys with one of its prefixes, whether it has read them or not.
    pub broadcasts: bool,
    /// Those; one is empty if it is told of all keys.
    pub prefixes: BTreeSet<Bytes>,
    /// Only reads behind CLIENT CACHING YES count.
    pub is_opt_in: bool,
    /// Those behind CLIENT CACHING NO do not.
    pub is_opt_out: bool,
    /// It is not told of its own changes.
    pub is_without_own: bool,
}

impl Tracked {
    /// True if the keys of a read are noted, which CLIENT CACHING was called for or not.
    pub fn notes_reads(&self, is_called: bool) -> bool {
        !(self.broadcasts || self.is_opt_in && !is_called || self.is_opt_out && is_called)
    }
}

/// What INFO shows of all that do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrackingFigures {
    /// Clients that track.
    pub clients: usize,
    /// Keys that somebody is told of.
    pub keys: usize,
    /// Clients at those, together.
    pub items: usize,
    /// Prefixes.
    pub prefixes: usize,
}
