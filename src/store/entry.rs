//! One key with its value.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

use smallvec::SmallVec;

use super::access::{Access, first_access};
use super::{Position, Touch, Value, is_over};
use crate::store::fetch::prefetch;

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
    /// As this node saw it: no part of the state. In what would be padding, like the next one.
    accessed_cs: AtomicU32,
    /// Likewise.
    uses: AtomicU8,
    is_made_by_nx: bool,
}

impl Entry {
    /// A new entry.
    pub fn new(key: &[u8], value: Value, revision: u64, deadline_ms: Option<u64>, now_ms: u64) -> Self {
        let (accessed_cs, uses) = first_access(now_ms);
        Self {
            key: SmallVec::from_slice(key),
            value,
            revision,
            deadline_ms: deadline_ms.unwrap_or(0),
            accessed_cs,
            uses,
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

    /// Prefetches it.
    pub(super) fn prefetch(&self) {
        // It lies across two lines of the cache.
        prefetch(&self.key);
        prefetch(&self.deadline_ms);
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
        if self.value.is_lock() { self.value.first_end_ms() } else { None }
    }

    /// The end of the first field, if it is a hash.
    pub(super) fn field_end_ms(&self) -> Option<u64> {
        if self.value.is_lock() || self.value.is_stream() { None } else { self.value.first_end_ms() }
    }

    /// The end of the first id of a producer, if it is a stream.
    pub(super) fn id_end_ms(&self) -> Option<u64> {
        if self.value.is_stream() { self.value.first_end_ms() } else { None }
    }

    /// True if the key counts as absent at `now_ms`: its deadline is over, or the end of all that it holds. Clocks are cut to whole milliseconds, so when `now_ms` equals
    /// the deadline, up to a millisecond of what was promised may be left ([`crate::sys::clock`]).
    pub fn is_due(&self, now_ms: u64) -> bool {
        self.deadline_ms != 0 && is_over(self.deadline_ms, now_ms)
            || self.value.last_end_ms().is_some_and(|end_ms| is_over(end_ms, now_ms))
    }

    fn access(&self) -> Access<'_> {
        Access { at_cs: &self.accessed_cs, uses: &self.uses }
    }

    /// Seconds since the last access that this node saw.
    pub fn idle_s(&self, now_ms: u64) -> u64 {
        self.access().idle_ms(now_ms) / 1000
    }

    /// When the last access was, ms.
    pub fn accessed_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.access().idle_ms(now_ms))
    }

    pub(super) fn touch(&self, touch: Touch) {
        self.access().touch(touch);
    }

    pub(super) fn set_idle(&self, now_ms: u64, idle_s: u64) {
        self.access().set_idle(now_ms, idle_s);
    }

    pub(super) fn set_uses(&self, uses: u8) {
        self.access().set_uses(uses);
    }

    pub(super) fn uses(&self, now_ms: u64, decay_min: u64) -> u8 {
        self.access().uses(now_ms, decay_min)
    }

    /// Goes on with the accesses of an entry in whose place it comes.
    pub(super) fn take_over_access(&self, before: &Self) {
        self.access().take_over(before.access());
    }

    /// About how many bytes it takes, with its place in the table and in the index of deadlines, which has a copy of the key.
    pub fn memory(&self) -> usize {
        let deadline = if self.deadline_ms().is_some() { self.key.len() + 32 } else { 0 };
        size_of::<Self>() + 2 * size_of::<usize>() + self.key.len() + self.value.memory() + deadline
    }

    /// Gives the key another value; returns the one before.
    pub(super) fn replace(&mut self, mut value: Value, revision: u64, deadline_ms: Option<u64>) -> Value {
        self.set_revision(revision);
        self.set_deadline(deadline_ms);
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
            accessed_cs: self.accessed_cs.load(Relaxed).into(),
            uses: self.uses.load(Relaxed).into(),
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
