//! What an audit of the log is told of each entry, beside what clients are: how holds of locks begin and end, and which boots
//! end and keys expire.

use super::LockEvent;

/// Something that an entry did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audited {
    /// To a hold of a lock.
    Hold {
        /// Index of the lock's database.
        db: u8,
        /// The lock.
        lock: Box<[u8]>,
        /// What happened.
        event: LockEvent,
        /// Whose hold.
        owner: Box<[u8]>,
        /// Its token.
        token: u64,
        /// Last ms of cluster time at which it is held, or was.
        deadline_ms: u64,
        /// That may be its session's.
        is_sessions: bool,
    },
    /// A boot has ended.
    BootEnded(u64),
    /// A key has expired.
    Expired {
        /// Index of its database.
        db: u8,
        /// The key.
        key: Box<[u8]>,
        /// Last ms of cluster time at which it was there; None: it had no end of its own.
        deadline_ms: Option<u64>,
    },
}
