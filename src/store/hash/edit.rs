//! A hash as a write changes it, at the time of its entry.
//!
//! Invariant: a field that is over is not there for the command. One that it sets begins anew, without the end and behind the other
//! fields; others stay as they are until they are swept, so a change costs nothing for fields that it does not name.

use super::{Hash, HashLimits, ValueType, is_over};

/// See the module's header.
pub struct HashEdit<'a> {
    hash: &'a mut Hash,
    now_ms: u64,
    expired: u64,
}

impl<'a> HashEdit<'a> {
    /// Of a hash, at the entry's time.
    pub fn new(hash: &'a mut Hash, now_ms: u64) -> Self {
        Self { hash, now_ms, expired: 0 }
    }

    /// How many fields were over and had to go.
    pub fn expired(&self) -> u64 {
        self.expired
    }

    /// The value of a field.
    pub fn get(&self, field: &[u8]) -> Option<&[u8]> {
        if self.is_over(field) { None } else { self.hash.get(field) }
    }

    /// The end of a field that is there, if it has one.
    pub fn end_ms(&self, field: &[u8]) -> Option<u64> {
        self.hash.end_ms(field).filter(|end_ms| !is_over(*end_ms, self.now_ms))
    }

    fn is_over(&self, field: &[u8]) -> bool {
        self.hash.end_ms(field).is_some_and(|end_ms| is_over(end_ms, self.now_ms))
    }

    /// See [`ValueType::memory`].
    pub fn memory(&self) -> usize {
        self.hash.memory()
    }

    /// See [`Hash::expect`].
    pub fn expect(&mut self, fields: usize, limits: HashLimits) {
        self.hash.expect(fields, limits);
    }

    /// Sets a field, which has no end afterwards: true if it is new.
    pub fn set(&mut self, field: &[u8], value: &[u8], limits: HashLimits) -> bool {
        let is_new = self.set_keeping(field, value, limits);
        self.hash.set_end(field, None);
        is_new
    }

    /// The same, and a field that is there keeps its end.
    pub fn set_keeping(&mut self, field: &[u8], value: &[u8], limits: HashLimits) -> bool {
        if self.is_over(field) {
            self.expired += u64::from(self.hash.remove(field));
        }
        self.hash.set(field, value, limits)
    }

    /// Gives a field that is there an end, or none.
    pub fn set_end(&mut self, field: &[u8], end_ms: Option<u64>) {
        self.hash.set_end(field, end_ms);
    }

    /// Removes a field: true if it was there.
    pub fn remove(&mut self, field: &[u8]) -> bool {
        !self.is_over(field) && self.hash.remove(field)
    }
}
