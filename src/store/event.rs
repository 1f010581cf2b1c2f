//! What happens to a key, as Redis names it, and which class of events that is. `store/telling.rs` says when it is told.

use bytes::Bytes;

use crate::config::events;

/// What happens to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    class: u64,
    name: &'static str,
}

/// One that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEvent {
    /// The key's database.
    pub db: u8,
    /// The key.
    pub key: Bytes,
    /// What has happened.
    pub name: &'static str,
    /// It is published on the key's channel.
    pub by_key: bool,
    /// It is published on the event's channel.
    pub by_event: bool,
}

impl Event {
    /// A key has come to be.
    pub const NEW: Self = Self { class: events::NEW, name: "new" };
    /// It is gone.
    pub const DEL: Self = Self::generic("del");
    /// It is gone because its time was over.
    pub const EXPIRED: Self = Self { class: events::EXPIRED, name: "expired" };
    /// It was evicted.
    pub const EVICTED: Self = Self { class: events::EVICTED, name: "evicted" };
    /// It has a deadline.
    pub const EXPIRE: Self = Self::generic("expire");
    /// It has none any more.
    pub const PERSIST: Self = Self::generic("persist");
    /// A read has not found it.
    pub const MISS: Self = Self { class: events::MISS, name: "keymiss" };

    /// Of a key of any type.
    pub const fn generic(name: &'static str) -> Self {
        Self { class: events::GENERIC, name }
    }

    /// Of a string.
    pub const fn string(name: &'static str) -> Self {
        Self { class: events::STRING, name }
    }

    /// Of a list.
    pub const fn list(name: &'static str) -> Self {
        Self { class: events::LIST, name }
    }

    /// Of a set.
    pub const fn set(name: &'static str) -> Self {
        Self { class: events::SET, name }
    }

    /// Of a hash.
    pub const fn hash(name: &'static str) -> Self {
        Self { class: events::HASH, name }
    }

    /// Of a sorted set.
    pub const fn zset(name: &'static str) -> Self {
        Self { class: events::ZSET, name }
    }

    /// Of a stream.
    pub const fn stream(name: &'static str) -> Self {
        Self { class: events::STREAM, name }
    }

    /// Of a lock.
    pub const fn lock(name: &'static str) -> Self {
        Self { class: events::OF_OTHER_TYPES, name }
    }

    /// The same as it is told of a key; None if nobody wants that.
    pub(super) fn of_key(self, wanted: u64, db: usize, key: &[u8]) -> Option<KeyEvent> {
        let is = |class: u64| wanted & class != 0;
        let (by_key, by_event) = (is(events::BY_KEY), is(events::BY_EVENT));
        (is(self.class) && (by_key || by_event)).then(|| KeyEvent {
            db: db as u8,
            key: Bytes::copy_from_slice(key),
            name: self.name,
            by_key,
            by_event,
        })
    }
}
