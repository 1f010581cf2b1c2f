//! What DEBUG DIGEST sums up of keys and values: their content, whatever their forms, orders without a meaning, and times to live are. It is
//! Redis's sum, so that a dataset has the same digest in both (scores apart, of which Redis 7.0 and 7.2 sum up different texts).

use sha1::{Digest, Sha1};

use crate::protocol::double_text;
use crate::store::{Entry, Hash, Kind, List, Lock, Set, Str, Stream, StreamId, View, ZSet};

/// A sum of 20 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum([u8; 20]);

/// Redis's numbers of types; locks are none of its.
const STRING: u32 = 0;
const LIST: u32 = 1;
const SET: u32 = 2;
const ZSET: u32 = 3;
const HASH: u32 = 4;
const STREAM: u32 = 6;
const LOCK: u32 = 100;

impl Sum {
    /// Of all keys of all databases.
    pub fn of_all(view: &View<'_>) -> Self {
        let mut sum = Self::default();
        for index in 0..crate::store::DATABASES {
            let db = view.state().db(index);
            if db.is_empty() {
                continue;
            }
            sum.mix(&(index as u32).to_be_bytes());
            let there = db.iter_unordered().filter(|entry| view.is_alive(entry));
            there.for_each(|entry| sum.add(&Self::of_entry(view, entry).0));
        }
        sum
    }

    /// Of a value alone; of none that is there, nothing.
    pub fn of_value(view: &View<'_>, key: &[u8]) -> Self {
        let mut sum = Self::default();
        if let Some(entry) = view.peek(key) {
            sum.mix_value(view, entry);
        }
        sum
    }

    fn of_entry(view: &View<'_>, entry: &Entry) -> Self {
        let mut sum = Self::default();
        sum.mix(entry.key());
        sum.mix_value(view, entry);
        sum
    }

    fn mix_value(&mut self, view: &View<'_>, entry: &Entry) {
        let value = entry.value();
        if let Some(string) = Str::of(value) {
            self.mix_type(STRING);
            self.mix(string.as_bytes());
        } else if let Some(list) = <List as Kind>::of(value) {
            self.mix_type(LIST);
            list.iter().for_each(|element| self.mix(element));
        } else if let Some(set) = Set::of(value) {
            self.mix_type(SET);
            set.iter().for_each(|member| self.add(member.as_ref()));
        } else if let Some(set) = <ZSet as Kind>::of(value) {
            self.mix_type(ZSET);
            set.iter().for_each(|(member, score)| self.add(&Self::of_parts([member, double_text(score).as_bytes()]).0));
        } else if let Some(hash) = Hash::of(value) {
            self.mix_type(HASH);
            for (field, value) in hash.iter() {
                let end_ms = hash.end_ms(field);
                if end_ms.is_none_or(|end_ms| view.is_not_over(end_ms)) {
                    let mut sum = Self::of_parts([field, value]);
                    if end_ms.is_some() {
                        sum.add(b"!!hexpire!!");
                    }
                    self.add(&sum.0);
                }
            }
        } else if let Some(stream) = Stream::of(value) {
            self.mix_type(STREAM);
            for entry in stream.range(StreamId::default(), StreamId::MAX) {
                self.mix(format!("{}.{}", entry.id.ms, entry.id.seq).as_bytes());
                for (name, value) in entry.fields {
                    self.mix(name);
                    self.mix(value);
                }
            }
        } else if let Some(lock) = Lock::of(value) {
            self.mix_type(LOCK);
            for hold in lock.held_at(view.now_ms()) {
                self.add(&Self::of_parts([&hold.owner, &hold.token.to_be_bytes()]).0);
            }
        }
        if entry.deadline_ms().is_some() {
            self.add(b"!!expire!!");
        }
    }

    fn of_parts<const N: usize>(parts: [&[u8]; N]) -> Self {
        let mut sum = Self::default();
        parts.into_iter().for_each(|part| sum.mix(part));
        sum
    }

    fn mix_type(&mut self, number: u32) {
        self.mix(&number.to_be_bytes());
    }

    /// What comes next, where the order has a meaning.
    fn mix(&mut self, bytes: &[u8]) {
        self.add(bytes);
        self.0 = Sha1::digest(self.0).into();
    }

    /// One of those that have no order.
    fn add(&mut self, bytes: &[u8]) {
        let hash = Sha1::digest(bytes);
        self.0.iter_mut().zip(hash).for_each(|(own, byte)| *own ^= byte);
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
