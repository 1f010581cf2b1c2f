//! The keyspace of one SELECT index: [`Shard`]s of shared entries, each for a run of hash slots.
//!
//! Invariants
//! - `len` is the number of entries in all shards; `deadlines` holds exactly the (deadline, key) of every entry that has
//!   a deadline, for a lock that of its first hold; `locks` the same of the locks among them.
//! - Shards and entries are reference-counted and copied when written while shared. So [`Database::image`] is a consistent
//!   image at one instant that costs one count per shard; whoever holds it never blocks a write, and a write then copies
//!   only one bounded table of its shard (references) and the entry. This is what snapshots and unbounded reads stand on.
//!
//! Deliberately not dashmap. Its shards in the place of these (the same entries, found by position; written through `shards_mut`
//! without a lock), a million keys of 16 bytes with values of 64, one thread, medians of 14 interleaved runs on a shared machine of two
//! virtual CPUs:
//!
//! | | here | dashmap | |
//! | --- | --- | --- | --- |
//! | bytes per key, all included | 182 | 182 | |
//! | GET, ns | 359 | 425 | 351 if a read skips the shard's lock, which takes unsafe code |
//! | SET, ns | 709 | 642 to 705 | |
//! | image, µs | 17 | 13,400 | nothing is applied meanwhile |
//! | SET behind an image, ns: the first 10,000 | 2,780 | 790 | here tables are copied as they are written |
//! | the same: 99 % of them, ns | 8,900 | 1,230 | |
//! | SET behind an image, ns: the next 100,000 | 868 | 685 to 750 | |
//!
//! An image of all costs some 30 ms here, spread over the writes that need the copies. There it costs 13 ms for which all that is applied
//! waits, at each snapshot and each unbounded read, and longer the more keys there are. And the gate already gives apply exclusive
//! access: a lock in each shard is paid by reads and never needed. With whole entries in its tables dashmap is faster (GET × 0.73,
//! SET × 0.42), for 275 bytes per key and images of 167 ms. `benches/keyspace.rs` measures this beside dashmap's own interface.

use std::collections::BTreeSet;
use std::ops::{Bound, ControlFlow};

use triomphe::Arc;

use super::shard::{Shard, TABLE_MAX, order, positioned};
use super::{CURSOR_BITS, Entry, Position, SHARDS, Touch, Value};

/// Number of databases (SELECT 0 … 15).
pub const DATABASES: usize = 16;
/// Most locks that one step of a scan of locks looks at.
const LOCKS_SORTED_MAX: usize = 10_000;
/// Shards tried at random before those that hold keys are listed.
const RANDOM_TRIES_MAX: usize = 64;

/// Keys by the times at which they end.
type Index = BTreeSet<(u64, Box<[u8]>)>;

/// When something of an entry ends, as the indexes have it.
#[derive(Clone, Copy, Default)]
struct Ends {
    key: Option<u64>,
    lock: Option<u64>,
    field: Option<u64>,
    id: Option<u64>,
}

impl Ends {
    fn of(entry: &Entry) -> Self {
        Self {
            key: entry.first_end_ms(),
            lock: entry.lock_end_ms(),
            field: entry.field_end_ms(),
            id: entry.id_end_ms(),
        }
    }
}

/// What of which keys ends when.
#[derive(Default, Debug)]
struct Indexes {
    /// Keys with a deadline.
    deadlines: Index,
    /// Locks, by the ends of their first holds.
    locks: Index,
    /// Hashes with fields that end, by the first of those.
    fields: Index,
    /// Streams with ids of producers, by the end of the first one.
    ids: Index,
}

impl Indexes {
    fn change(&mut self, before: Ends, after: Ends, key: &[u8]) {
        let Self { deadlines, locks, fields, ids } = self;
        let changes = [
            (deadlines, before.key, after.key),
            (locks, before.lock, after.lock),
            (fields, before.field, after.field),
            (ids, before.id, after.id),
        ];
        for (index, before, after) in changes {
            if before == after {
                continue;
            }
            if let Some(before) = before {
                index.remove(&(before, key.into()));
            }
            if let Some(after) = after {
                index.insert((after, key.into()));
            }
        }
    }
}

/// One database.
#[derive(Default, Debug)]
pub struct Database {
    shards: Vec<Option<Arc<Shard>>>,
    len: usize,
    ends: Indexes,
    /// No key of this database counts as unchanged since before this revision (SWAPDB raises it).
    floor: u64,
}

impl Database {
    /// Number of keys, those that are due and not yet removed included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True without keys.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Most keys that one step of a scan, or one random pick, goes through besides those that it gives: a function of the
    /// number of keys alone.
    pub fn step_len(&self) -> usize {
        self.len.min(TABLE_MAX)
    }

    /// Number of keys with a deadline.
    pub fn volatile_len(&self) -> usize {
        self.ends.deadlines.len()
    }

    /// Sum of the deadlines in ms less `now_ms`, divided by their number: INFO's `avg_ttl`, from a sample.
    pub fn average_ttl_ms(&self, now_ms: u64) -> u64 {
        let sample: Vec<u64> =
            self.ends.deadlines.iter().take(20).map(|(deadline, _)| deadline.saturating_sub(now_ms)).collect();
        sample.iter().sum::<u64>().checked_div(sample.len() as u64).unwrap_or(0)
    }

    /// The entry of `key`, due or not.
    pub fn get(&self, key: &[u8]) -> Option<&Entry> {
        let position = Position::of(key);
        let shard = self.shards.get(position.shard())?.as_ref()?;
        shard.get(position, key).map(|entry| &**entry)
    }

    /// An entry that is probably the one at `position`, its key not yet looked at.
    pub(super) fn likely(&self, position: Position) -> Option<&Entry> {
        let shard = self.shards.get(position.shard())?.as_ref()?;
        shard.likely(position).map(|entry| &**entry)
    }

    /// The revision that WATCH compares: the entry's, or the floor if that is higher.
    pub fn watched_revision(&self, entry: &Entry) -> u64 {
        entry.revision().max(self.floor)
    }

    pub(super) fn raise_floor(&mut self, revision: u64) {
        self.floor = self.floor.max(revision);
    }

    pub(crate) fn floor(&self) -> u64 {
        self.floor
    }

    /// The earliest deadline and its key.
    pub fn first_deadline(&self) -> Option<(u64, &[u8])> {
        self.ends.deadlines.first().map(|(deadline, key)| (*deadline, &**key))
    }

    /// The earliest end of a field of a hash, and the hash's key.
    pub(super) fn first_field_end(&self) -> Option<(u64, &[u8])> {
        self.ends.fields.first().map(|(end_ms, key)| (*end_ms, &**key))
    }

    /// The earliest end of an id of a producer, and the stream's key.
    pub(super) fn first_id_end(&self) -> Option<(u64, &[u8])> {
        self.ends.ids.first().map(|(end_ms, key)| (*end_ms, &**key))
    }

    /// Number of hashes with fields that end.
    pub fn timed_hashes_len(&self) -> usize {
        self.ends.fields.len()
    }

    /// True if a key is a lock.
    pub fn has_locks(&self) -> bool {
        !self.ends.locks.is_empty()
    }

    /// The locks, by the ends of their first holds.
    pub(super) fn locks(&self) -> impl Iterator<Item = &[u8]> {
        self.ends.locks.iter().map(|(_, key)| &**key)
    }

    /// When the first hold of a lock ends.
    pub(super) fn first_lock_end_ms(&self) -> Option<u64> {
        self.ends.locks.first().map(|(end_ms, _)| *end_ms)
    }

    /// Puts an entry in the place of the one with the same key, which is returned.
    pub(super) fn insert(&mut self, entry: Entry) -> Option<Arc<Entry>> {
        let position = entry.position();
        let ends = Ends::of(&entry);
        if self.shards.is_empty() {
            self.shards.resize(SHARDS, None);
        }
        let slot = self.shards.get_mut(position.shard())?;
        let entry = Arc::new(entry);
        let old = Arc::make_mut(slot.get_or_insert_default()).insert(position, entry.clone());
        self.len += usize::from(old.is_none());
        let before = old.as_ref().map_or_else(Ends::default, |old| Ends::of(old));
        self.ends.change(before, ends, entry.key());
        old
    }

    /// Gives `key` a value at this moment, by this access, in its entry where that is shared with no image. Returns the value before, and
    /// whether it was due, and how many bytes of it an image keeps.
    pub(super) fn put(
        &mut self,
        key: &[u8],
        value: Value,
        revision: u64,
        deadline_ms: Option<u64>,
        (now_ms, touch): (u64, Touch),
    ) -> Option<(Value, bool, usize)> {
        let position = Position::of(key);
        let present = self.shards.get(position.shard()).and_then(Option::as_ref);
        if present.and_then(|shard| shard.get(position, key)).is_some_and(Arc::is_unique)
            && let Some(shard) = self.shards.get_mut(position.shard()).and_then(Option::as_mut)
            && let Some(entry) = Arc::make_mut(shard).get_mut(position, key).and_then(Arc::get_mut)
        {
            let (was_due, before) = (entry.is_due(now_ms), Ends::of(entry));
            let old = entry.replace(value, revision, deadline_ms);
            entry.touch(touch);
            self.ends.change(before, Ends::of(entry), key);
            return Some((old, was_due, 0));
        }
        let entry = Entry::new(key, value, revision, deadline_ms, now_ms);
        if let Some(before) = self.get(key) {
            entry.take_over_access(before);
            entry.touch(touch);
        }
        let old = self.insert(entry)?;
        let was_due = old.is_due(now_ms);
        // What an image shares is dropped with the image.
        Some(match Arc::try_unwrap(old) {
            Ok(old) => (old.into_value(), was_due, 0),
            Err(shared) => (shared.value().clone(), was_due, shared.memory()),
        })
    }

    /// Lets `change` work on the entry of `key`, and keeps the index of deadlines true. The caller knows that the key is
    /// there: what is shared with an image is copied either way.
    pub(super) fn update<T>(&mut self, key: &[u8], change: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        let position = Position::of(key);
        let shard = Arc::make_mut(self.shards.get_mut(position.shard())?.as_mut()?);
        let entry = Arc::make_mut(shard.get_mut(position, key)?);
        let before = Ends::of(entry);
        let result = change(entry);
        let after = Ends::of(entry);
        self.ends.change(before, after, key);
        Some(result)
    }

    /// Takes the entry of `key` out.
    pub(super) fn remove(&mut self, key: &[u8]) -> Option<Arc<Entry>> {
        let position = Position::of(key);
        let slot = self.shards.get_mut(position.shard())?;
        // Not even a copy of a table for a key that is not there.
        slot.as_ref()?.get(position, key)?;
        let shard = Arc::make_mut(slot.as_mut()?);
        let entry = shard.remove(position, key)?;
        if shard.is_empty() {
            *slot = None;
        }
        self.len -= 1;
        self.ends.change(Ends::of(&entry), Ends::default(), key);
        Some(entry)
    }

    /// All entries, shard by shard, in no order within a shard: for what is counted or sorted afterwards.
    pub fn iter_unordered(&self) -> impl Iterator<Item = &Entry> {
        let tables = self.shards.iter().flatten().flat_map(|shard| shard.tables());
        tables.flat_map(|table| table.iter().map(|entry| &**entry))
    }

    /// The entries of one shard in order of position, then key.
    pub fn shard_in_order(&self, shard: usize) -> Vec<&Entry> {
        let Some(Some(shard)) = self.shards.get(shard) else { return Vec::new() };
        let mut entries = Vec::new();
        for table in shard.tables() {
            let mut here = positioned(table);
            here.sort_unstable_by(order);
            entries.extend(here.into_iter().map(|(_, entry)| entry));
        }
        entries
    }

    /// The entries from `cursor` on in order of position, at least `count` if there are as many, all of one
    /// position together; and the cursor to go on from, 0 at the end. A key that is there during the whole of a scan
    /// is met: its position never changes, and cursors only rise.
    pub fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<&Entry>) {
        let mut found: Vec<&Entry> = Vec::new();
        if cursor >> CURSOR_BITS != 0 {
            return (0, found);
        }
        let (from, count) = (Position(cursor), count.max(1));
        let mut next = 0;
        for (index, shard) in self.shards.iter().enumerate().skip(from.shard()) {
            let Some(shard) = shard else { continue };
            let flow = shard.visit_from(Position::start_of(index), from, &mut |start, table| {
                if found.len() >= count {
                    next = start.0;
                    return ControlFlow::Break(());
                }
                let mut here = positioned(table);
                here.retain(|(position, _)| *position >= from);
                let wanted = count - found.len();
                let mut behind = None;
                if here.len() > wanted {
                    // The `wanted` smallest, and all that share the last one's position.
                    let (_, &mut (last, _), _) = here.select_nth_unstable_by_key(wanted - 1, |(position, _)| *position);
                    behind = here.iter().map(|(position, _)| *position).filter(|position| *position > last).min();
                    here.retain(|(position, _)| *position <= last);
                }
                here.sort_unstable_by(order);
                found.extend(here.into_iter().map(|(_, entry)| entry));
                match behind {
                    Some(behind) => {
                        next = behind.0;
                        ControlFlow::Break(())
                    }
                    None => ControlFlow::Continue(()),
                }
            });
            if flow.is_break() {
                return (next, found);
            }
        }
        (0, found)
    }

    /// Number of keys of a hash slot, those that are due and not yet removed included. Only the keys of a table that other slots share are looked
    /// at.
    pub fn slot_len(&self, slot: u16) -> usize {
        let range = Position::slot_range(slot);
        let Some(Some(shard)) = self.shards.get(range.start.shard()) else { return 0 };
        let mut len = 0;
        shard.visit_range(Position::start_of(range.start.shard()), &range, &mut |table, is_inside| {
            len += match is_inside {
                true => table.len(),
                false => table.iter().filter(|entry| range.contains(&entry.position())).count(),
            };
        });
        len
    }

    /// The first keys of a hash slot, in order of position; `count` is not more than [`Self::slot_len`], so that no other slot is gone
    /// through.
    pub fn slot_entries(&self, slot: u16, count: usize) -> Vec<&Entry> {
        if count == 0 {
            return Vec::new();
        }
        let range = Position::slot_range(slot);
        let (_, mut entries) = self.scan(range.start.0, count);
        entries.retain(|entry| range.contains(&entry.position()));
        entries.truncate(count);
        entries
    }

    /// The entries of whole tables, at least `count` if there are as many, from the one on that may hold `from`; and where to go on, None at the
    /// end. In no order within a table: for what asks only that each key comes up once in a round.
    pub fn walk(&self, from: Position, count: usize) -> (Option<Position>, Vec<&Entry>) {
        let mut found: Vec<&Entry> = Vec::new();
        for (index, shard) in self.shards.iter().enumerate().skip(from.shard()) {
            let Some(shard) = shard else { continue };
            let mut next = None;
            let flow = shard.visit_from(Position::start_of(index), from, &mut |start, table| {
                if found.len() >= count {
                    next = Some(start);
                    return ControlFlow::Break(());
                }
                found.extend(table.iter().map(|entry| &**entry));
                ControlFlow::Continue(())
            });
            if flow.is_break() {
                return (next, found);
            }
        }
        (None, found)
    }

    /// Keys with a deadline by those, from behind `after` on. A lock stands at the end of its first hold.
    pub fn volatile_after<'a>(&'a self, after: Option<&(u64, Box<[u8]>)>) -> impl Iterator<Item = (u64, &'a [u8])> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.ends.deadlines.range((start, Bound::Unbounded)).map(|(deadline_ms, key)| (*deadline_ms, &**key))
    }

    /// The locks from `cursor` on, as [`Self::scan`] gives keys, with its cursors: at least `count` of them if there are not too many to look at
    /// them all, else those among as many keys.
    pub fn scan_locks(&self, cursor: u64, count: usize) -> (u64, Vec<&Entry>) {
        if self.ends.locks.len() > LOCKS_SORTED_MAX {
            let (next, mut entries) = self.scan(cursor, count);
            entries.retain(|entry| entry.value().is_lock());
            return (next, entries);
        }
        let from = Position(cursor);
        let mut locks: Vec<(Position, &Entry)> =
            self.locks().filter_map(|key| self.get(key)).map(|entry| (entry.position(), entry)).collect();
        locks.retain(|(position, _)| cursor >> CURSOR_BITS == 0 && *position >= from);
        locks.sort_unstable_by(order);
        // All of one position together.
        let last = locks.get(count.max(1) - 1).map(|(position, _)| *position);
        let end = last.map_or(locks.len(), |last| locks.partition_point(|(position, _)| *position <= last));
        let next = locks.get(end).map_or(0, |(position, _)| position.0);
        (next, locks.into_iter().take(end).map(|(_, entry)| entry).collect())
    }

    /// How many keys [`Self::scan_locks`] looks at, at most.
    pub fn scan_locks_len(&self, count: usize) -> usize {
        match self.ends.locks.len() {
            len @ ..=LOCKS_SORTED_MAX => len,
            _ => count.saturating_add(self.step_len()).min(self.len()),
        }
    }

    /// A key picked by `rng`: any of a random shard that has keys.
    pub fn random(&self, rng: &mut super::Rng) -> Option<&Entry> {
        if self.is_empty() {
            return None;
        }
        for _ in 0..RANDOM_TRIES_MAX {
            if let Some(Some(shard)) = self.shards.get(rng.below(SHARDS as u64) as usize) {
                return shard.random(rng);
            }
        }
        // Few shards have keys. Taking the next one from a random place on would prefer those behind long gaps.
        let shards: Vec<&Arc<Shard>> = self.shards.iter().flatten().collect();
        shards.get(rng.below(shards.len() as u64) as usize)?.random(rng)
    }

    /// The keys and values as they are now, unchanged by what is written later; without the index of deadlines, so
    /// only to be read.
    pub fn image(&self) -> Self {
        Self { shards: self.shards.clone(), len: self.len, ends: Indexes::default(), floor: self.floor }
    }

    /// Checks the invariants of the module's header; for tests and after a snapshot is installed.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), String> {
        let mut count = 0;
        let Indexes { deadlines: by_deadline, locks: by_hold, fields: by_field, ids: by_id } = &self.ends;
        let (mut volatile, mut locks, mut timed, mut streams) = (0, 0, 0, 0);
        for (index, shard) in self.shards.iter().enumerate() {
            let tables = shard.as_ref().map(|shard| shard.tables()).unwrap_or_default();
            if shard.is_some() && (tables.is_empty() || tables.iter().any(|table| table.is_empty())) {
                return Err(format!("shard {index} has an empty part"));
            }
            for entry in tables.into_iter().flatten() {
                count += 1;
                let found = self.get(entry.key());
                if entry.position().shard() != index || !found.is_some_and(|found| std::ptr::eq(found, &**entry)) {
                    return Err(format!("key {:?} stands in a wrong place of shard {index}", entry.key()));
                }
                entry.value().validate().map_err(|what| format!("key {:?}: {what}", entry.key()))?;
                if let Some(end_ms) = entry.lock_end_ms() {
                    locks += 1;
                    if !by_hold.contains(&(end_ms, entry.key().into())) {
                        return Err(format!("lock {:?} is not indexed", entry.key()));
                    }
                }
                if let Some(end_ms) = entry.field_end_ms() {
                    timed += 1;
                    if !by_field.contains(&(end_ms, entry.key().into())) {
                        return Err(format!("the first end of hash {:?} is not indexed", entry.key()));
                    }
                }
                if let Some(end_ms) = entry.id_end_ms() {
                    streams += 1;
                    if !by_id.contains(&(end_ms, entry.key().into())) {
                        return Err(format!("the first end of stream {:?} is not indexed", entry.key()));
                    }
                }
                if let Some(deadline) = entry.first_end_ms() {
                    volatile += 1;
                    if !by_deadline.contains(&(deadline, entry.key().into())) {
                        return Err(format!("deadline of key {:?} is not indexed", entry.key()));
                    }
                }
            }
        }
        if (locks, timed) != (by_hold.len(), by_field.len()) {
            let indexed = (by_hold.len(), by_field.len());
            return Err(format!("{locks} locks and {timed} hashes with fields that end, indexed {indexed:?}"));
        }
        if streams != by_id.len() {
            return Err(format!("{streams} streams with ids of producers, indexed {}", by_id.len()));
        }
        if count != self.len || volatile != by_deadline.len() {
            return Err(format!(
                "{count} keys, counted {}; {volatile} deadlines, indexed {}",
                self.len,
                by_deadline.len()
            ));
        }
        Ok(())
    }
}
