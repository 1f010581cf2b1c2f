//! The version of the file format.

/// The format that [`super::write()`] writes. [`super::SnapshotReader`] reads all up to it.
pub const FORMAT_VERSION: u32 = 3;
/// The first that has the section of creations.
pub(super) const WITH_CREATIONS: u32 = 2;
/// The first that has the section of waiters.
pub(super) const WITH_WAITERS: u32 = 3;
/// The first that has the section of subscriptions.
pub(super) const WITH_SUBSCRIPTIONS: u32 = 3;
/// The first that has the section of libraries.
pub(super) const WITH_LIBRARIES: u32 = 3;
/// The first that tells which scripts EVAL alone has loaded, and when each was used.
pub(super) const WITH_GIVEN_SCRIPTS: u32 = 3;
/// The first that has the section of sessions.
pub(super) const WITH_SESSIONS: u32 = 3;
/// The first that has the section of ONCE's replies.
pub(super) const WITH_ONCE: u32 = 3;
/// The first that has the section of what happened to locks.
pub(super) const WITH_LOCK_HISTORY: u32 = 3;
/// The first that has the section of users.
pub(super) const WITH_USERS: u32 = 3;
