//! The running digest of what the log did (design 3): d(i) = hash(d(i−1), results, effects, changed keys).
//!
//! Invariant: two nodes that applied the same entries have the same digest; anything that a command answers or changes on
//! the way goes in, so a command that depends on more than the log shows at the next comparison.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::protocol::Reply;

/// What one entry adds, and the value up to the last one.
#[derive(Debug, Default, Clone)]
pub struct Digest {
    value: u64,
    pending: Vec<u8>,
}

impl Digest {
    /// Goes on from a stored value.
    pub fn from_value(value: u64) -> Self {
        Self { value, pending: Vec::new() }
    }

    /// The digest after the last finished entry.
    pub fn value(&self) -> u64 {
        self.value
    }

    /// Notes a changed key.
    pub fn key(&mut self, db: usize, key: &[u8], revision: u64, deadline_ms: u64) {
        self.pending.push(db as u8);
        self.bytes(key);
        self.number(revision);
        self.number(deadline_ms);
    }

    /// Notes any number.
    pub fn number(&mut self, number: u64) {
        self.pending.extend_from_slice(&number.to_le_bytes());
    }

    /// Notes any bytes; long ones by their hash.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        if bytes.len() <= 64 {
            self.pending.extend_from_slice(bytes);
        } else {
            self.number(xxh3_64_with_seed(bytes, 0));
        }
        self.fold();
    }

    /// Notes a write command's result.
    pub fn reply(&mut self, reply: &Reply) {
        match reply {
            Reply::Ok => self.pending.push(1),
            Reply::Simple(text) => self.tagged(2, text),
            Reply::Error(error) => self.tagged(3, error.as_bytes()),
            Reply::Int(value) => {
                self.pending.push(4);
                self.number(*value as u64);
            }
            Reply::Bulk(bytes) => self.tagged(5, bytes),
            Reply::Nil => self.pending.push(6),
            Reply::NilArray => self.pending.push(7),
            Reply::Array(items) => self.items(8, items),
            Reply::Set(items) => self.items(9, items),
            Reply::Push(items) => self.items(10, items),
            Reply::Map(pairs) => self.pairs(11, pairs),
            Reply::Pairs(pairs) => self.pairs(17, pairs),
            Reply::Keyed(pairs) => self.pairs(20, pairs),
            Reply::Double(value) => {
                self.pending.push(12);
                self.number(value.to_bits());
            }
            Reply::Decimal(value) => {
                self.pending.push(19);
                self.number(value.to_bits());
            }
            Reply::DoubleText(text) => self.tagged(21, text),
            Reply::Bool(value) => self.pending.extend_from_slice(&[13, u8::from(*value)]),
            Reply::Verbatim(format, text) => {
                self.tagged(14, format);
                self.bytes(text);
            }
            Reply::BigNumber(text) => self.tagged(15, text),
            Reply::Encoded(bytes) => self.tagged(18, bytes),
            Reply::Silent => self.pending.push(16),
        }
    }

    /// Stands for all that was noted until now: another one if anything is noted.
    pub fn mark(&self) -> (u64, usize) {
        (self.value, self.pending.len())
    }

    /// Ends the entry at `index` (its index is part of the chain).
    pub fn finish(&mut self, index: u64) {
        self.number(index);
        self.value = xxh3_64_with_seed(&self.pending, self.value);
        self.pending.clear();
    }

    fn tagged(&mut self, tag: u8, bytes: &[u8]) {
        self.pending.push(tag);
        self.bytes(bytes);
    }

    fn items(&mut self, tag: u8, items: &[Reply]) {
        self.pending.push(tag);
        self.number(items.len() as u64);
        for item in items {
            self.reply(item);
        }
    }

    fn pairs(&mut self, tag: u8, pairs: &[(Reply, Reply)]) {
        self.pending.push(tag);
        self.number(pairs.len() as u64);
        for (first, second) in pairs {
            self.reply(first);
            self.reply(second);
        }
    }

    /// Keeps what is pending small, whatever an entry changes.
    fn fold(&mut self) {
        if self.pending.len() > 64 * 1024 {
            self.value = xxh3_64_with_seed(&self.pending, self.value);
            self.pending.clear();
        }
    }
}
