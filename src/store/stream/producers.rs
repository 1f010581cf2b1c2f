//! Which messages of its producers a stream has taken: the ids under which they sent them, so that one that is sent again is not added again
//! (XADD with IDMP).
//!
//! Invariants
//! - An id that a producer has given stands once in the table of that producer, once in its order and once in the order of all; and a
//!   producer without ids stands nowhere.
//! - Both orders are those in which the ids were noted, under numbers that rise; cluster times rise with them, so that the first one of all
//!   ends first.
//! - A producer has no more ids than the terms allow: the oldest makes room. So what is kept is bounded by the producers that have sent
//!   something within the duration.
//! - An id whose time is over is as good as absent, whether the log has ended it or not.

use super::StreamId;
use super::group::{Name, name};
use crate::store::is_over;
use crate::store::ranked::Ranked;

/// Memory of an id beyond its bytes: its places in three lists whose leaves are two thirds full, and two counters.
const ID_OVERHEAD: usize = 240;
/// Memory of a producer beyond its name.
const PRODUCER_OVERHEAD: usize = 192;
const MS_PER_S: u64 = 1000;
/// No id is noted under a larger number.
const NUMBER_MAX: u64 = 1 << 62;

/// How long the ids of producers are kept, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerTerms {
    /// For so many seconds.
    pub duration_s: u64,
    /// Of each producer the last ones, so many.
    pub ids_max: u64,
}

impl ProducerTerms {
    /// What Redis documents for a stream that was told nothing.
    pub const DEFAULT: Self = Self { duration_s: 100, ids_max: 100 };
    /// The longest duration, s.
    pub const DURATION_MAX_S: u64 = 86_400;
    /// The most ids of a producer.
    pub const IDS_MAX: u64 = 10_000;

    /// True if both are within what may be asked for.
    pub fn are_possible(self) -> bool {
        (1..=Self::DURATION_MAX_S).contains(&self.duration_s) && (1..=Self::IDS_MAX).contains(&self.ids_max)
    }
}

/// How much a stream knows of its producers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProducerCounts {
    /// Producers with ids.
    pub producers: u64,
    /// Ids of all.
    pub ids: u64,
    /// Messages that were added under an id, ever.
    pub added: u64,
    /// Messages that were sent again, ever.
    pub duplicates: u64,
}

/// An id as a snapshot keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownId<'a> {
    /// The place of its producer, in the order of names.
    pub producer: u64,
    /// As the producer gave it.
    pub iid: &'a [u8],
    /// The entry.
    pub id: StreamId,
    /// Rises from one to the next.
    pub number: u64,
    /// Cluster time when it was noted, ms.
    pub at_ms: u64,
}

/// See the module's header.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Producers {
    terms: ProducerTerms,
    added: u64,
    duplicates: u64,
    /// In order of their names.
    producers: Ranked<Producer>,
    order: Ranked<Noted>,
    /// Bytes of names and ids.
    bytes: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct Producer {
    name: Name,
    /// In order of the ids.
    ids: Ranked<Known>,
    order: Ranked<(u64, Name)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Known {
    iid: Name,
    id: StreamId,
    number: u64,
    at_ms: u64,
}

/// An id in the order of all.
#[derive(Clone, Debug, PartialEq)]
struct Noted {
    number: u64,
    at_ms: u64,
    producer: Name,
}

impl Producer {
    fn place(&self, iid: &[u8]) -> usize {
        self.ids.partition_point(|known| known.iid.slice < *iid)
    }

    fn find(&self, iid: &[u8]) -> Option<&Known> {
        self.ids.get(self.place(iid)).filter(|known| known.iid.slice == *iid)
    }

    fn push(&mut self, known: Known) {
        self.order.insert(self.order.len(), (known.number, known.iid.clone()));
        self.ids.insert(self.place(&known.iid.slice), known);
    }

    fn remove(&mut self, iid: &[u8]) -> Option<Known> {
        self.find(iid)?;
        let removed = self.ids.remove(self.place(iid))?;
        self.order.remove(self.order.partition_point(|(number, _)| *number < removed.number));
        Some(removed)
    }
}

impl Default for Producers {
    fn default() -> Self {
        Self {
            terms: ProducerTerms::DEFAULT,
            added: 0,
            duplicates: 0,
            producers: Ranked::default(),
            order: Ranked::default(),
            bytes: 0,
        }
    }
}

impl Producers {
    pub(super) fn terms(&self) -> ProducerTerms {
        self.terms
    }

    pub(super) fn counts(&self) -> ProducerCounts {
        let (producers, ids) = (self.producers.len() as u64, self.order.len() as u64);
        ProducerCounts { producers, ids, added: self.added, duplicates: self.duplicates }
    }

    /// Other terms forget all ids: what was forgotten, if they are others.
    pub(super) fn set_terms(&mut self, terms: ProducerTerms) -> Option<Self> {
        let Self { added, duplicates, .. } = *self;
        (terms != self.terms).then(|| std::mem::replace(self, Self { terms, added, duplicates, ..Self::default() }))
    }

    fn place(&self, producer: &[u8]) -> usize {
        self.producers.partition_point(|held| held.name.slice < *producer)
    }

    fn producer(&self, producer: &[u8]) -> Option<&Producer> {
        self.producers.get(self.place(producer)).filter(|held| held.name.slice == *producer)
    }

    fn ends_ms(&self, at_ms: u64) -> u64 {
        at_ms.saturating_add(self.terms.duration_s.saturating_mul(MS_PER_S))
    }

    /// The entry of a message that was added under this id, and not so long ago that it may be forgotten.
    pub(super) fn find(&self, producer: &[u8], iid: &[u8], now_ms: u64) -> Option<StreamId> {
        let known = self.producer(producer)?.find(iid)?;
        (!is_over(self.ends_ms(known.at_ms), now_ms)).then_some(known.id)
    }

    pub(super) fn note_duplicate(&mut self) {
        self.duplicates = self.duplicates.wrapping_add(1);
    }

    /// Notes that a message has become this entry. What stood under the id before, and the oldest if there are too many, goes.
    pub(super) fn add(&mut self, producer: &[u8], iid: &[u8], id: StreamId, now_ms: u64) {
        self.remove(producer, iid);
        self.added = self.added.wrapping_add(1);
        let number = self.order.iter().next_back().map_or(1, |last| last.number + 1);
        // Never in front of one that was noted before, whatever a clock said.
        let at_ms = self.order.iter().next_back().map_or(now_ms, |last| last.at_ms.max(now_ms));
        self.push(producer, Known { iid: name(iid), id, number, at_ms });
        let too_many = self.producer(producer).filter(|held| held.ids.len() as u64 > self.terms.ids_max);
        if let Some((_, oldest)) = too_many.and_then(|held| held.order.get(0)).cloned() {
            self.remove(producer, &oldest.slice);
        }
    }

    /// Puts an id behind all.
    fn push(&mut self, producer: &[u8], known: Known) {
        let place = self.place(producer);
        if self.producer(producer).is_none() {
            let made = Producer { name: name(producer), ids: Ranked::default(), order: Ranked::default() };
            self.bytes += producer.len();
            self.producers.insert(place, made);
        }
        let Some(of) = self.producers.get(place).map(|held| held.name.clone()) else { return };
        self.bytes += known.iid.slice.len();
        self.order.insert(self.order.len(), Noted { number: known.number, at_ms: known.at_ms, producer: of });
        self.producers.change(place, |held| held.push(known));
    }

    fn remove(&mut self, producer: &[u8], iid: &[u8]) -> bool {
        if self.producer(producer).and_then(|held| held.find(iid)).is_none() {
            return false;
        }
        let place = self.place(producer);
        let removed = self.producers.change(place, |held| (held.remove(iid), held.ids.len()));
        let Some((Some(known), left)) = removed else { return false };
        self.bytes -= iid.len();
        self.order.remove(self.order.partition_point(|noted| noted.number < known.number));
        if left == 0 {
            self.bytes -= producer.len();
            self.producers.remove(place);
        }
        true
    }

    /// Cluster time after which the first id is over, ms.
    pub(super) fn first_end_ms(&self) -> Option<u64> {
        self.order.get(0).map(|first| self.ends_ms(first.at_ms))
    }

    /// Takes out the first id, if it is over at this time.
    pub(super) fn take_over(&mut self, at_ms: u64) -> Option<Vec<u8>> {
        if !is_over(self.first_end_ms()?, at_ms) {
            return None;
        }
        let producer = self.order.get(0)?.producer.clone();
        let (_, iid) = self.producer(&producer.slice)?.order.get(0)?.clone();
        self.remove(&producer.slice, &iid.slice).then(|| iid.slice.to_vec())
    }

    /// The names of the producers, in order.
    pub(super) fn names(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.producers.iter().map(|held| &held.name.slice)
    }

    /// All ids in the order in which they were noted.
    pub(super) fn known(&self) -> impl Iterator<Item = KnownId<'_>> {
        self.order.iter().filter_map(|noted| {
            let producer = self.producer(&noted.producer.slice)?;
            let at = producer.order.partition_point(|(number, _)| *number < noted.number);
            let known = producer.find(&producer.order.get(at)?.1.slice)?;
            let Known { id, number, at_ms, .. } = *known;
            Some(KnownId {
                producer: self.place(&noted.producer.slice) as u64,
                iid: &known.iid.slice,
                id,
                number,
                at_ms,
            })
        })
    }

    /// What a snapshot held besides the ids.
    pub(super) fn restored(terms: ProducerTerms, added: u64, duplicates: u64) -> Self {
        Self { terms, added, duplicates, ..Self::default() }
    }

    /// Puts back an id that a snapshot held, behind all. False if it does not belong there.
    #[must_use]
    pub(super) fn restore(&mut self, producer: &[u8], known: KnownId<'_>) -> bool {
        let KnownId { iid, id, number, at_ms, .. } = known;
        let is_behind = number < NUMBER_MAX
            && self.order.iter().next_back().is_none_or(|last| last.number < number && last.at_ms <= at_ms);
        let held = self.producer(producer);
        let has_room = held.is_none_or(|held| (held.ids.len() as u64) < self.terms.ids_max && held.find(iid).is_none());
        if is_behind && has_room {
            self.push(producer, Known { iid: name(iid), id, number, at_ms });
        }
        is_behind && has_room
    }

    /// Bytes of memory, roughly. O(1).
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + self.bytes + self.order.len() * ID_OVERHEAD + self.producers.len() * PRODUCER_OVERHEAD
    }

    /// Checks what the module's header says.
    pub(super) fn validate(&self) -> Result<(), String> {
        self.producers.validate()?;
        self.order.validate()?;
        let rises = |a: &Noted, b: &Noted| a.number < b.number && a.at_ms <= b.at_ms;
        if !self.order.iter().collect::<Vec<_>>().is_sorted_by(|a, b| rises(a, b)) {
            return Err("ids of producers out of their order".into());
        }
        let (mut ids, mut bytes, mut last) = (0, 0, None);
        for producer in self.producers.iter() {
            producer.ids.validate()?;
            producer.order.validate()?;
            ids += producer.ids.len();
            bytes += producer.name.slice.len() + producer.ids.iter().map(|known| known.iid.slice.len()).sum::<usize>();
            let named = &producer.name.slice;
            if last.is_some_and(|last| last >= named) || producer.ids.len() as u64 > self.terms.ids_max {
                return Err(format!("producer {named:?} out of order, or with too many ids"));
            }
            last = Some(named);
            let mut numbers: Vec<u64> = producer.ids.iter().map(|known| known.number).collect();
            numbers.sort_unstable();
            if !producer.order.iter().map(|(number, _)| *number).eq(numbers) || producer.ids.len() == 0 {
                return Err(format!("producer {named:?} with another order than its ids"));
            }
            for known in producer.ids.iter() {
                let at = self.order.partition_point(|noted| noted.number < known.number);
                let noted = self.order.get(at).filter(|noted| noted.number == known.number);
                if noted.is_none_or(|noted| noted.producer.slice != *named || noted.at_ms != known.at_ms) {
                    return Err(format!("an id of {named:?} that is not in the order of all"));
                }
            }
        }
        if (ids, bytes) != (self.order.len(), self.bytes) {
            return Err(format!("{ids} ids of {bytes} bytes, counted {} of {}", self.order.len(), self.bytes));
        }
        Ok(())
    }
}
