//! The keyspace of one SELECT index: one shard for each hash slot, each a hash table of shared entries.
//!
//! Invariants
//! - `len` is the number of entries in all shards; `deadlines` holds exactly the (deadline, key) of every entry that has
//!   a deadline.
//! - Shards and entries are reference-counted and copied when written while shared. So [`Database::image`] is a consistent
//!   image at one instant that costs one count per shard; whoever holds it never blocks a write, and a write then copies
//!   only its shard's table (references) and the entry. This is what snapshots and unbounded reads stand on.
//!
//! Deliberately not `dashmap`: the gate (design 4) already gives apply exclusive access, so a lock in each shard would be paid
//! and never needed, and an image at one instant could not be taken from it.

use std::collections::BTreeSet;

use hashbrown::HashTable;
use triomphe::Arc;

use super::{Entry, Position, SLOTS};

type Shard = HashTable<Arc<Entry>>;

/// One database.
#[derive(Default, Debug)]
pub struct Database {
    shards: Vec<Option<Arc<Shard>>>,
    len: usize,
    deadlines: BTreeSet<(u64, Box<[u8]>)>,
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

    /// Number of keys with a deadline.
    pub fn volatile_len(&self) -> usize {
        self.deadlines.len()
    }

    /// Sum of the deadlines in ms less `now_ms`, divided by their number: INFO's `avg_ttl`, from a sample.
    pub fn average_ttl_ms(&self, now_ms: u64) -> u64 {
        let sample: Vec<u64> =
            self.deadlines.iter().take(20).map(|(deadline, _)| deadline.saturating_sub(now_ms)).collect();
        sample.iter().sum::<u64>().checked_div(sample.len() as u64).unwrap_or(0)
    }

    /// The entry of `key`, due or not.
    pub fn get(&self, key: &[u8]) -> Option<&Entry> {
        let position = Position::of(key);
        let shard = self.shards.get(position.shard())?.as_ref()?;
        shard.find(position.table_hash(), |entry| entry.key() == key).map(|entry| &**entry)
    }

    /// The revision that WATCH compares: the entry's, or the floor if that is higher; 0 for an absent key.
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
        self.deadlines.first().map(|(deadline, key)| (*deadline, &**key))
    }

    /// Puts an entry in the place of the one with the same key, which is returned.
    pub(super) fn insert(&mut self, entry: Entry) -> Option<Arc<Entry>> {
        let position = entry.position();
        let deadline = entry.deadline_ms();
        if self.shards.is_empty() {
            self.shards.resize(SLOTS, None);
        }
        let slot = self.shards.get_mut(position.shard())?;
        let shard = Arc::make_mut(slot.get_or_insert_with(Arc::default));
        let old = match shard.entry(
            position.table_hash(),
            |present| present.key() == entry.key(),
            |present| present.position().table_hash(),
        ) {
            hashbrown::hash_table::Entry::Occupied(mut occupied) => {
                let new = Arc::new(entry);
                let old = std::mem::replace(occupied.get_mut(), new.clone());
                Self::index(&mut self.deadlines, old.deadline_ms(), deadline, new.key());
                return Some(old);
            }
            hashbrown::hash_table::Entry::Vacant(vacant) => {
                if let Some(deadline) = deadline {
                    self.deadlines.insert((deadline, entry.key().into()));
                }
                vacant.insert(Arc::new(entry));
                None
            }
        };
        self.len += 1;
        old
    }

    /// Lets `change` work on the entry of `key`, and keeps the index of deadlines true.
    pub(super) fn update<T>(&mut self, key: &[u8], change: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        let position = Position::of(key);
        let shard = Arc::make_mut(self.shards.get_mut(position.shard())?.as_mut()?);
        let entry = Arc::make_mut(shard.find_mut(position.table_hash(), |entry| entry.key() == key)?);
        let before = entry.deadline_ms();
        let result = change(entry);
        let after = entry.deadline_ms();
        Self::index(&mut self.deadlines, before, after, key);
        Some(result)
    }

    /// Takes the entry of `key` out.
    pub(super) fn remove(&mut self, key: &[u8]) -> Option<Arc<Entry>> {
        let position = Position::of(key);
        let slot = self.shards.get_mut(position.shard())?;
        // Not even a copy of the shard for a key that is not there.
        slot.as_ref()?.find(position.table_hash(), |entry| entry.key() == key)?;
        let shard = Arc::make_mut(slot.as_mut()?);
        let (entry, _) = shard.find_entry(position.table_hash(), |entry| entry.key() == key).ok()?.remove();
        if shard.is_empty() {
            *slot = None;
        }
        self.len -= 1;
        Self::index(&mut self.deadlines, entry.deadline_ms(), None, key);
        Some(entry)
    }

    fn index(deadlines: &mut BTreeSet<(u64, Box<[u8]>)>, before: Option<u64>, after: Option<u64>, key: &[u8]) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            deadlines.remove(&(before, key.into()));
        }
        if let Some(after) = after {
            deadlines.insert((after, key.into()));
        }
    }

    /// All entries, shard by shard, in no order within a shard: for what is counted or sorted afterwards.
    pub fn iter_unordered(&self) -> impl Iterator<Item = &Entry> {
        self.shards.iter().flatten().flat_map(|shard| shard.iter().map(|entry| &**entry))
    }

    /// The entries of one shard in order of position, then key.
    pub fn shard_in_order(&self, shard: usize) -> Vec<&Entry> {
        let mut entries: Vec<(Position, &Entry)> = match self.shards.get(shard) {
            Some(Some(table)) => table.iter().map(|entry| (entry.position(), &**entry)).collect(),
            _ => Vec::new(),
        };
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.key().cmp(b.1.key())));
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    /// The entries from `cursor` on in order of position, at least `count` if there are as many, all of one
    /// position together; and the cursor to go on from, 0 at the end. A key that is there during the whole of a scan
    /// is met: its position never changes, and cursors only rise.
    pub fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<&Entry>) {
        let mut found: Vec<&Entry> = Vec::new();
        let first = Position(cursor).shard();
        if cursor >> super::CURSOR_BITS != 0 {
            return (0, found);
        }
        for shard in first..self.shards.len() {
            let Some(Some(table)) = self.shards.get(shard) else { continue };
            let mut here: Vec<(Position, &Arc<Entry>)> = table
                .iter()
                .map(|entry| (entry.position(), entry))
                .filter(|(position, _)| position.0 >= cursor)
                .collect();
            let wanted = count.max(1) - found.len();
            let mut next = None;
            if here.len() > wanted {
                // The `wanted` smallest, and all that share the last one's position.
                let (_, &mut (last, _), _) = here.select_nth_unstable_by_key(wanted - 1, |(position, _)| *position);
                next = here.iter().map(|(position, _)| *position).filter(|position| *position > last).min();
                here.retain(|(position, _)| *position <= last);
            }
            here.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.key().cmp(b.1.key())));
            found.extend(here.into_iter().map(|(_, entry)| &**entry));
            if let Some(next) = next {
                return (next.0, found);
            }
            if found.len() >= count.max(1) {
                let more = (shard + 1..self.shards.len()).find(|s| matches!(self.shards.get(*s), Some(Some(_))));
                return (more.map_or(0, |s| Position::start_of(s).0), found);
            }
        }
        (0, found)
    }

    /// A key picked by `rng`: a random place, then the next key from there on.
    pub fn random(&self, rng: &mut super::Rng) -> Option<&Entry> {
        if self.is_empty() {
            return None;
        }
        let start = rng.below(SLOTS as u64) as usize;
        let shard = (start..SLOTS).chain(0..start).find(|s| matches!(self.shards.get(*s), Some(Some(_))))?;
        // In order, because a script picks in apply and the table's own order is a matter of its history.
        let entries = self.shard_in_order(shard);
        entries.get(rng.below(entries.len() as u64) as usize).copied()
    }

    /// The keys and values as they are now, unchanged by what is written later; without the index of deadlines, so
    /// only to be read.
    pub fn image(&self) -> Self {
        Self { shards: self.shards.clone(), len: self.len, deadlines: BTreeSet::new(), floor: self.floor }
    }

    /// Checks the invariants of the module's header; for tests and after a snapshot is installed.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), String> {
        let mut count = 0;
        let mut volatile = 0;
        for (index, shard) in self.shards.iter().enumerate() {
            for entry in shard.iter().flat_map(|shard| shard.iter()) {
                count += 1;
                if entry.position().shard() != index {
                    return Err(format!("key {:?} stands in shard {index}", entry.key()));
                }
                if let Some(deadline) = entry.deadline_ms() {
                    volatile += 1;
                    if !self.deadlines.contains(&(deadline, entry.key().into())) {
                        return Err(format!("deadline of key {:?} is not indexed", entry.key()));
                    }
                }
            }
        }
        if count != self.len || volatile != self.deadlines.len() {
            return Err(format!(
                "{count} keys, counted {}; {volatile} deadlines, indexed {}",
                self.len,
                self.deadlines.len()
            ));
        }
        Ok(())
    }
}
