//! The entries of a run of hash slots: a hash table, divided into parts by position once it is large.
//!
//! Invariants
//! - Parts stand in order of position: a level divides by the next four bits. No part is empty.
//! - A node is shared with images and copied when written while shared. A table holds at most [`TABLE_MAX`] entries (but
//!   at the last level), so that a slot crowded with keys of one `{tag}` makes neither such a copy nor a step of a scan nor
//!   a random pick slow.
//!
//! Deliberately absent: joining parts again when they shrink. What is empty goes; the rest costs a few words.

use std::ops::{ControlFlow, Range};

use hashbrown::HashTable;
use smallvec::SmallVec;
use triomphe::Arc;

use super::position::{KEY_BITS, Position};
use super::{Entry, Rng};

/// Entries of a table before it is divided; few in tests, where keys are few.
pub(super) const TABLE_MAX: usize = if cfg!(test) { 4 } else { 1024 };
const PART_BITS: u32 = 4;
const PARTS: usize = 1 << PART_BITS;
const DEPTH_MAX: u32 = KEY_BITS / PART_BITS;

pub(super) type Table = HashTable<Arc<Entry>>;

/// A run's entries, or a part of them.
#[derive(Clone, Debug)]
pub(super) enum Shard {
    Table(Table),
    Parts(Box<[Option<Arc<Shard>>; PARTS]>),
}

impl Default for Shard {
    fn default() -> Self {
        Self::Table(Table::new())
    }
}

/// Bits of a position below those that the levels above `depth` divide by.
fn bits_below(depth: u32) -> u32 {
    KEY_BITS.saturating_sub(depth * PART_BITS)
}

fn part_of(position: Position, depth: u32) -> usize {
    (position.0 >> bits_below(depth + 1)) as usize % PARTS
}

impl Shard {
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Table(table) => table.is_empty(),
            Self::Parts(parts) => parts.iter().all(Option::is_none),
        }
    }

    pub fn get(&self, position: Position, key: &[u8]) -> Option<&Arc<Entry>> {
        let (mut node, mut depth) = (self, 0);
        loop {
            match node {
                Self::Table(table) => return table.find(position.table_hash(), |entry| entry.key() == key),
                Self::Parts(parts) => node = parts.get(part_of(position, depth))?.as_ref()?,
            }
            depth += 1;
        }
    }

    /// An entry that is probably the one at `position`: its key is not compared.
    pub fn likely(&self, position: Position) -> Option<&Arc<Entry>> {
        let (mut node, mut depth) = (self, 0);
        loop {
            match node {
                Self::Table(table) => return table.iter_hash(position.table_hash()).next(),
                Self::Parts(parts) => node = parts.get(part_of(position, depth))?.as_ref()?,
            }
            depth += 1;
        }
    }

    /// The same to change; copies what is shared on the way, even if the key is not there.
    pub fn get_mut(&mut self, position: Position, key: &[u8]) -> Option<&mut Arc<Entry>> {
        let (mut node, mut depth) = (self, 0);
        loop {
            match node {
                Self::Table(table) => return table.find_mut(position.table_hash(), |entry| entry.key() == key),
                Self::Parts(parts) => node = Arc::make_mut(parts.get_mut(part_of(position, depth))?.as_mut()?),
            }
            depth += 1;
        }
    }

    /// Puts an entry in the place of the one with the same key, which is returned.
    pub fn insert(&mut self, position: Position, entry: Arc<Entry>) -> Option<Arc<Entry>> {
        self.insert_at(0, position, entry)
    }

    fn insert_at(&mut self, depth: u32, position: Position, entry: Arc<Entry>) -> Option<Arc<Entry>> {
        let table = match self {
            Self::Table(table) => table,
            Self::Parts(parts) => {
                let part = parts.get_mut(part_of(position, depth))?;
                return Arc::make_mut(part.get_or_insert_default()).insert_at(depth + 1, position, entry);
            }
        };
        let place = table.entry(
            position.table_hash(),
            |present| present.key() == entry.key(),
            |present| present.position().table_hash(),
        );
        match place {
            hashbrown::hash_table::Entry::Occupied(mut present) => {
                return Some(std::mem::replace(present.get_mut(), entry));
            }
            hashbrown::hash_table::Entry::Vacant(vacant) => vacant.insert(entry),
        };
        if table.len() > TABLE_MAX && depth < DEPTH_MAX {
            let table = std::mem::replace(table, Table::new());
            *self = Self::divided(table, depth);
        }
        None
    }

    fn divided(table: Table, depth: u32) -> Self {
        let mut shard = Self::Parts(Box::default());
        for entry in table {
            shard.insert_at(depth, entry.position(), entry);
        }
        shard
    }

    /// Takes an entry out; copies what is shared on the way, even if the key is not there.
    pub fn remove(&mut self, position: Position, key: &[u8]) -> Option<Arc<Entry>> {
        self.remove_at(0, position, key)
    }

    fn remove_at(&mut self, depth: u32, position: Position, key: &[u8]) -> Option<Arc<Entry>> {
        match self {
            Self::Table(table) => {
                let found = table.find_entry(position.table_hash(), |entry| entry.key() == key).ok()?;
                Some(found.remove().0)
            }
            Self::Parts(parts) => {
                let place = parts.get_mut(part_of(position, depth))?;
                let part = Arc::make_mut(place.as_mut()?);
                let entry = part.remove_at(depth + 1, position, key)?;
                if part.is_empty() {
                    *place = None;
                }
                Some(entry)
            }
        }
    }

    /// Shows `visit` the tables in order, each with the first position that it may hold, from the one on that may hold
    /// `from`; until it breaks. `start` is the first position of the shard.
    pub fn visit_from<'a>(
        &'a self,
        start: Position,
        from: Position,
        visit: &mut impl FnMut(Position, &'a Table) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.visit_at(0, start, from, visit)
    }

    fn visit_at<'a>(
        &'a self,
        depth: u32,
        start: Position,
        from: Position,
        visit: &mut impl FnMut(Position, &'a Table) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let parts = match self {
            Self::Table(table) => return visit(start, table),
            Self::Parts(parts) => parts,
        };
        let width = 1u64 << bits_below(depth + 1);
        for (part, part_start) in parts.iter().zip((start.0..).step_by(width as usize)) {
            if let Some(part) = part
                && part_start + (width - 1) >= from.0
            {
                part.visit_at(depth + 1, Position(part_start), from, visit)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Shows `visit` the tables that may hold positions of `range`, each with whether it can hold no others. `start` is the first position of
    /// the shard.
    pub fn visit_range<'a>(
        &'a self,
        start: Position,
        range: &Range<Position>,
        visit: &mut impl FnMut(&'a Table, bool),
    ) {
        self.visit_range_at(0, start, range, visit);
    }

    fn visit_range_at<'a>(
        &'a self,
        depth: u32,
        start: Position,
        range: &Range<Position>,
        visit: &mut impl FnMut(&'a Table, bool),
    ) {
        let end = Position(start.0 + (1 << bits_below(depth)));
        if end <= range.start || start >= range.end {
            return;
        }
        match self {
            Self::Table(table) => visit(table, range.start <= start && end <= range.end),
            Self::Parts(parts) => {
                let starts = (start.0..).step_by(1 << bits_below(depth + 1));
                for (part, start) in parts.iter().zip(starts) {
                    if let Some(part) = part {
                        part.visit_range_at(depth + 1, Position(start), range, visit);
                    }
                }
            }
        }
    }

    /// All tables in order.
    pub fn tables(&self) -> SmallVec<[&Table; 1]> {
        let mut tables = SmallVec::new();
        let _ = self.visit_from(Position(0), Position(0), &mut |_, table| {
            tables.push(table);
            ControlFlow::Continue(())
        });
        tables
    }

    /// An entry picked by `rng`: a function of the entries and the generator alone, unlike a table's own order, which is
    /// a matter of its history; a script picks in apply.
    pub fn random(&self, rng: &mut Rng) -> Option<&Entry> {
        let tables = self.tables();
        let total: usize = tables.iter().map(|table| table.len()).sum();
        let mut rank = rng.below(total as u64) as usize;
        for table in tables {
            if rank < table.len() {
                let mut entries = positioned(table);
                let (_, (_, picked), _) = entries.select_nth_unstable_by(rank, order);
                return Some(picked);
            }
            rank -= table.len();
        }
        None
    }
}

/// An entry with its position, which costs a hash to find out.
pub(super) type Positioned<'a> = (Position, &'a Entry);

pub(super) fn positioned(table: &Table) -> Vec<Positioned<'_>> {
    table.iter().map(|entry| (entry.position(), &**entry)).collect()
}

/// The keyspace's order: position, then key.
pub(super) fn order(a: &Positioned<'_>, b: &Positioned<'_>) -> std::cmp::Ordering {
    a.0.cmp(&b.0).then_with(|| a.1.key().cmp(b.1.key()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Str;

    fn entry(number: usize) -> Arc<Entry> {
        let key = format!("{{tag}}{number}");
        Arc::new(Entry::new(key.as_bytes(), Str::new(b"v").into(), number as u64, None, 0))
    }

    /// Tables too large, parts empty or out of order.
    fn check(shard: &Shard) -> usize {
        let tables = shard.tables();
        assert!(tables.iter().all(|table| (1..=TABLE_MAX).contains(&table.len())));
        let positions: Vec<_> = tables
            .iter()
            .flat_map(|table| {
                let mut here = positioned(table);
                here.sort_by(order);
                here.into_iter().map(|(position, _)| position)
            })
            .collect();
        assert!(positions.is_sorted());
        positions.len()
    }

    #[test]
    fn a_crowded_slot_is_divided_and_its_writes_copy_one_table() {
        let mut shard = Shard::default();
        for number in 0..2000 {
            let entry = entry(number);
            assert!(shard.insert(entry.position(), entry).is_none());
        }
        assert_eq!(check(&shard), 2000);
        let image = shard.clone();
        let written = entry(77);
        assert_eq!(shard.insert(written.position(), written).map(|old| old.revision()), Some(77));
        let (before, after) = (image.tables(), shard.tables());
        let copied = before.iter().zip(&after).filter(|(before, after)| !std::ptr::eq(**before, **after)).count();
        assert_eq!(copied, 1, "one of {} tables", after.len());
    }

    #[test]
    fn removed_keys_leave_no_empty_part() {
        let mut shard = Shard::default();
        let entries: Vec<_> = (0..500).map(entry).collect();
        for entry in &entries {
            shard.insert(entry.position(), entry.clone());
        }
        let image = shard.clone();
        for (index, entry) in entries.iter().enumerate() {
            assert!(shard.remove(entry.position(), entry.key()).is_some());
            assert!(shard.get(entry.position(), entry.key()).is_none());
            assert_eq!(check(&shard), if index == 499 { 0 } else { 499 - index });
            if shard.is_empty() {
                break;
            }
        }
        assert!(shard.is_empty());
        assert_eq!(check(&image), 500);
    }

    #[test]
    fn a_random_pick_does_not_depend_on_history() {
        let (mut forth, mut back) = (Shard::default(), Shard::default());
        let entries: Vec<_> = (0..300).map(entry).collect();
        for entry in &entries {
            forth.insert(entry.position(), entry.clone());
        }
        for number in 1000..2000 {
            let other = self::entry(number);
            back.insert(other.position(), other);
        }
        for entry in entries.iter().rev() {
            back.insert(entry.position(), entry.clone());
        }
        for number in 1000..2000 {
            let other = self::entry(number);
            back.remove(other.position(), other.key());
        }
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..5000 {
            let picked = forth.random(&mut Rng::new(seed)).unwrap().revision();
            assert_eq!(back.random(&mut Rng::new(seed)).unwrap().revision(), picked);
            seen.insert(picked);
        }
        assert_eq!(seen.len(), 300, "each can be picked");
    }
}
