//! A consumer group: what was delivered to whom and not acknowledged yet.
//!
//! Invariant: an entry that is pending stands once in the list of the group, with its consumer, and once in the list of that consumer; and
//! that consumer is one of the group.

use triomphe::ThinArc;

use super::StreamId;
use crate::store::ranked::Ranked;

/// The name of a consumer or a group, shared by all that have it.
pub(super) type Name = ThinArc<(), u8>;

/// Memory of a pending entry: its parts of two leaves that are two thirds full.
const PENDING_OVERHEAD: usize = 90;
/// Memory of a consumer beyond its name.
const CONSUMER_OVERHEAD: usize = 128;

/// Above so many bytes a group, or all of a stream, are freed in the background.
pub(super) const SLOW_TO_FREE_BYTES: usize = 64 << 10;

pub(super) fn name(bytes: &[u8]) -> Name {
    ThinArc::from_header_and_slice((), bytes)
}

/// A consumer group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// The last entry that was delivered.
    pub last_id: StreamId,
    /// How many entries were read, those before the group began included; None if nobody can tell.
    pub entries_read: Option<i64>,
    pending: Ranked<Pending>,
    consumers: Ranked<Consumer>,
    /// Bytes of the consumers' names.
    names: usize,
}

/// An entry that was delivered and is not acknowledged.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// The entry.
    pub id: StreamId,
    /// Cluster time of its last delivery, ms.
    pub delivered_ms: u64,
    /// How often it was delivered.
    pub deliveries: u64,
    consumer: Name,
}

impl Pending {
    /// The name of its consumer.
    pub fn consumer(&self) -> &[u8] {
        &self.consumer.slice
    }
}

/// A consumer of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Consumer {
    /// Cluster time when it last asked for something, ms.
    pub seen_ms: u64,
    /// The same when it last got something.
    pub active_ms: Option<u64>,
    name: Name,
    pending: Ranked<StreamId>,
}

impl Consumer {
    fn new(name: Name, now_ms: u64) -> Self {
        Self { seen_ms: now_ms, active_ms: None, name, pending: Ranked::default() }
    }

    /// Its name.
    pub fn name(&self) -> &[u8] {
        &self.name.slice
    }

    /// How many entries it has not acknowledged.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// The ids of those, from this one on.
    pub fn pending_from(&self, id: StreamId) -> impl Iterator<Item = StreamId> {
        let first = self.pending.partition_point(|held| *held < id);
        self.pending.range(first..self.pending.len()).copied()
    }

    fn hold(&mut self, id: StreamId) {
        let place = self.pending.partition_point(|held| *held < id);
        if self.pending.get(place) != Some(&id) {
            self.pending.insert(place, id);
        }
    }

    fn release(&mut self, id: StreamId) {
        let place = self.pending.partition_point(|held| *held < id);
        if self.pending.get(place) == Some(&id) {
            self.pending.remove(place);
        }
    }
}

/// A change of what is known of a pending entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Cluster time, ms.
    pub at_ms: u64,
    /// How often it was delivered then.
    pub deliveries: u64,
}

impl Group {
    /// A group that goes on behind this entry.
    pub fn new(last_id: StreamId, entries_read: Option<i64>) -> Self {
        Self { last_id, entries_read, ..Self::default() }
    }

    /// Its consumers, in order of their names.
    pub fn consumers(&self) -> impl ExactSizeIterator<Item = &Consumer> {
        self.consumers.iter()
    }

    /// The consumer of this name.
    pub fn consumer(&self, name: &[u8]) -> Option<&Consumer> {
        let place = self.place(name);
        self.consumers.get(place).filter(|held| held.name() == name)
    }

    fn place(&self, name: &[u8]) -> usize {
        self.consumers.partition_point(|held| held.name() < name)
    }

    /// Makes a consumer, if there is none of this name: true if there was none.
    pub fn create_consumer(&mut self, consumer: &[u8], now_ms: u64) -> bool {
        if self.consumer(consumer).is_some() {
            return false;
        }
        self.names += consumer.len();
        self.consumers.insert(self.place(consumer), Consumer::new(name(consumer), now_ms));
        true
    }

    /// Notes that a consumer has asked for something; makes it if there is none.
    pub fn see(&mut self, consumer: &[u8], now_ms: u64) {
        if !self.create_consumer(consumer, now_ms) {
            self.change(consumer, |held| held.seen_ms = now_ms);
        }
    }

    /// Removes a consumer with all that it has not acknowledged: how many entries that were.
    pub fn remove_consumer(&mut self, consumer: &[u8]) -> Option<usize> {
        let removed = self.consumer(consumer).is_some().then(|| self.consumers.remove(self.place(consumer)))??;
        self.names -= consumer.len();
        for id in removed.pending.iter() {
            let place = self.pending_place(*id);
            self.pending.remove(place);
        }
        Some(removed.pending.len())
    }

    fn change<T>(&mut self, consumer: &[u8], change: impl FnOnce(&mut Consumer) -> T) -> Option<T> {
        let place = self.place(consumer);
        self.consumers.get(place).filter(|held| held.name() == consumer)?;
        self.consumers.change(place, change)
    }

    /// How many entries are pending.
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// The pending entries from this id on.
    pub fn pending_from(&self, id: StreamId) -> impl DoubleEndedIterator<Item = &Pending> {
        self.pending.range(self.pending_place(id)..self.pending.len())
    }

    /// What is known of a pending entry.
    pub fn pending(&self, id: StreamId) -> Option<&Pending> {
        self.pending.get(self.pending_place(id)).filter(|held| held.id == id)
    }

    fn pending_place(&self, id: StreamId) -> usize {
        self.pending.partition_point(|held| held.id < id)
    }

    /// Gives an entry to a consumer, which has to be there, whoever had it before.
    pub fn assign(&mut self, id: StreamId, consumer: &[u8], delivery: Delivery, now_ms: u64) {
        let Some(owner) = self.consumer(consumer).map(|held| held.name.clone()) else { return };
        let Delivery { at_ms, deliveries } = delivery;
        let given = Pending { id, delivered_ms: at_ms, deliveries, consumer: owner };
        let place = self.pending_place(id);
        let before = self.pending.get(place).filter(|held| held.id == id).map(|held| held.consumer.clone());
        match before {
            Some(before) => {
                self.pending.replace(place, given);
                if before.slice != *consumer {
                    self.change(&before.slice, |held| held.release(id));
                }
            }
            None => self.pending.insert(place, given),
        }
        self.change(consumer, |held| {
            held.hold(id);
            held.active_ms = Some(now_ms);
        });
    }

    /// Notes another delivery of an entry to the consumer that has it.
    pub fn deliver_again(&mut self, id: StreamId, now_ms: u64) {
        if self.pending(id).is_some() {
            self.pending.change(self.pending_place(id), |held| {
                held.delivered_ms = now_ms;
                held.deliveries = held.deliveries.wrapping_add(1);
            });
        }
    }

    /// An entry is no longer pending: true if it was.
    pub fn acknowledge(&mut self, id: StreamId) -> bool {
        if self.pending(id).is_none() {
            return false;
        }
        let Some(removed) = self.pending.remove(self.pending_place(id)) else { return false };
        self.change(removed.consumer(), |held| held.release(id));
        true
    }

    /// Puts back a consumer that a snapshot held, behind all. False if it does not belong there.
    #[must_use]
    pub fn restore_consumer(&mut self, consumer: &[u8], seen_ms: u64, active_ms: Option<u64>) -> bool {
        let is_behind = self.consumers.iter().next_back().is_none_or(|last| last.name() < consumer);
        self.names += consumer.len();
        let restored = Consumer { active_ms, ..Consumer::new(name(consumer), seen_ms) };
        self.consumers.insert(self.consumers.len(), restored);
        is_behind
    }

    /// Puts back a pending entry that a snapshot held, behind all. False if it does not belong there.
    #[must_use]
    pub fn restore_pending(&mut self, id: StreamId, consumer: usize, delivery: Delivery) -> bool {
        let is_behind = self.pending.iter().next_back().is_none_or(|last| last.id < id);
        let Some(owner) = self.consumers.get(consumer).map(|held| held.name.clone()) else { return false };
        let Delivery { at_ms, deliveries } = delivery;
        let place = self.pending.len();
        self.pending.insert(place, Pending { id, delivered_ms: at_ms, deliveries, consumer: owner });
        self.consumers.change(consumer, |held| held.pending.insert(held.pending.len(), id));
        is_behind
    }

    /// The place of a pending entry's consumer among the consumers.
    pub fn consumer_index(&self, pending: &Pending) -> usize {
        self.place(pending.consumer())
    }

    /// True if it is to be freed in the background, because it has many parts.
    pub fn is_slow_to_free(&self) -> bool {
        self.memory() > SLOW_TO_FREE_BYTES
    }

    /// Bytes of memory, roughly. O(1).
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>()
            + self.names
            + self.consumers.len() * CONSUMER_OVERHEAD
            + self.pending.len() * PENDING_OVERHEAD
    }

    /// Checks what the module's header says.
    pub(super) fn validate(&self) -> Result<(), String> {
        self.pending.validate()?;
        self.consumers.validate()?;
        let names: usize = self.consumers.iter().map(|held| held.name().len()).sum();
        let held: usize = self.consumers.iter().map(|held| held.pending.len()).sum();
        if names != self.names || held != self.pending.len() {
            return Err(format!("{held} entries of consumers, {} of their group", self.pending.len()));
        }
        let consumers: Vec<&Consumer> = self.consumers.iter().collect();
        if !consumers.is_sorted_by(|a, b| a.name() < b.name()) {
            return Err("consumers out of order".into());
        }
        if !self.pending.iter().collect::<Vec<_>>().is_sorted_by(|a, b| a.id < b.id) {
            return Err("pending entries out of order".into());
        }
        for consumer in consumers {
            consumer.pending.validate()?;
            let owns = |id: &StreamId| self.pending(*id).is_some_and(|held| held.consumer() == consumer.name());
            let ids: Vec<&StreamId> = consumer.pending.iter().collect();
            if !ids.is_sorted_by(|a, b| a < b) || !consumer.pending.iter().all(owns) {
                return Err(format!("a consumer {:?} with entries of others", consumer.name()));
            }
        }
        Ok(())
    }
}
