//! One key with its value.

use std::sync::atomic::{AtomicU32, Ordering};

use smallvec::SmallVec;

use super::{Position, Value, is_over};

/// A key, its value, and when each last changed.
#[derive(Debug)]
pub struct Entry {
    /// In the entry itself while short: a look-up then touches one place less.
    key: SmallVec<[u8; 16]>,
    value: Value,
    /// The state's revision at which the value last changed.
    revision: u64,
    /// Last ms of cluster time at which the key exists; 0 = it never expires.
    deadline_ms: u64,
    /// Cluster second of the last access as this node saw it: for OBJECT IDLETIME, no part of the state.
    accessed_s: AtomicU32,
    /// In what would be padding.
    is_made_by_nx: bool,
}

impl Entry {
    /// A new entry.
    pub fn new(key: &[u8], value: Value, revision: u64, deadline_ms: Option<u64>, now_ms: u64) -> Self {
        Self {
            key: SmallVec::from_slice(key),
            value,
            revision,
            deadline_ms: deadline_ms.unwrap_or(0),
            accessed_s: AtomicU32::new((now_ms / 1000) as u32),
            is_made_by_nx: false,
        }
    }

    /// The same, made by a command that sets a string only where there is no key: by all signs somebody's lock. Holds until the value
    /// changes.
    pub fn made_by_nx(mut self) -> Self {
        self.is_made_by_nx = true;
        self
    }

    /// See [`Self::made_by_nx`].
    pub fn is_made_by_nx(&self) -> bool {
        self.is_made_by_nx
    }

    /// The key.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The key's place in the keyspace.
    pub fn position(&self) -> Position {
        Position::of(&self.key)
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The revision at which the value last changed.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Cluster time in ms after which the key is due.
    pub fn deadline_ms(&self) -> Option<u64> {
        (self.deadline_ms != 0).then_some(self.deadline_ms)
    }

    /// Cluster time in ms after which something of the key is due: the key, or the first hold of a lock.
    pub fn first_end_ms(&self) -> Option<u64> {
        self.lock_end_ms().or(self.deadline_ms())
    }

    /// The end of the first hold, if it is a lock.
    pub(super) fn lock_end_ms(&self) -> Option<u64> {
        self.value.first_end_ms()
    }

    /// True if the key counts as absent at `now_ms`: its deadline is over. Clocks are cut to whole milliseconds, so when `now_ms` equals
    /// the deadline, up to a millisecond of what was promised may be left ([`crate::sys::clock`]).
    pub fn is_due(&self, now_ms: u64) -> bool {
        self.deadline_ms != 0 && is_over(self.deadline_ms, now_ms)
    }

    /// Seconds since the last access that this node saw.
    pub fn idle_s(&self, now_ms: u64) -> u64 {
        (now_ms / 1000).saturating_sub(u64::from(self.accessed_s.load(Ordering::Relaxed)))
    }

    pub(super) fn mark_accessed(&self, now_ms: u64) {
        self.accessed_s.store((now_ms / 1000) as u32, Ordering::Relaxed);
    }

    /// Gives the key another value; returns the one before.
    pub(super) fn replace(&mut self, mut value: Value, revision: u64, deadline_ms: Option<u64>, now_ms: u64) -> Value {
        self.set_revision(revision);
        self.set_deadline(deadline_ms);
        self.mark_accessed(now_ms);
        if !self.value.exchange(&mut value) {
            std::mem::swap(&mut self.value, &mut value);
        }
        value
    }

    pub(super) fn value_mut(&mut self) -> &mut Value {
        &mut self.value
    }

    pub(super) fn into_value(self) -> Value {
        self.value
    }

    /// The value has changed: it is no longer the one that NX made.
    pub(super) fn set_revision(&mut self, revision: u64) {
        self.revision = revision;
        self.is_made_by_nx = false;
    }

    pub(super) fn mark_made_by_nx(&mut self) {
        self.is_made_by_nx = true;
    }

    pub(super) fn set_deadline(&mut self, deadline_ms: Option<u64>) {
        self.deadline_ms = deadline_ms.unwrap_or(0);
    }
}

impl Clone for Entry {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            value: self.value.clone(),
            revision: self.revision,
            deadline_ms: self.deadline_ms,
            accessed_s: AtomicU32::new(self.accessed_s.load(Ordering::Relaxed)),
            is_made_by_nx: self.is_made_by_nx,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Entry;

    #[test]
    fn an_entry_takes_nine_words() {
        assert_eq!(size_of::<Entry>(), 72);
    }
}
