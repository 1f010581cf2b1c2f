//! What WATCH remembers.

use bytes::Bytes;

/// A key that WATCH remembers: unchanged if its (revision, deadline) are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Database.
    pub db: u8,
    /// Key.
    pub key: Bytes,
    /// Revision; 0 = absent.
    pub revision: u64,
    /// Deadline in ms; 0 = none.
    pub deadline_ms: u64,
}
