//! The newest entries, in memory: what replication and apply read in all but catch-up.
//!
//! Invariants
//! - Contiguous up to the last entry of the log. What is before `first_index` is durable, in its newest version, so it can
//!   be read from the files.
//! - An entry stays at least until the write that carried it is durable. Writes are told apart by a number that only
//!   rises, not by index: after a truncation an index is written again, and the flush of the old one proves nothing.

use std::collections::VecDeque;

use crate::replication::codec::entry_size;
use crate::replication::types::Entry;

/// A bounded window on the end of the log.
#[derive(Debug, Default)]
pub struct Tail {
    entries: VecDeque<(u64, Entry)>,
    bytes: usize,
    next_index: u64,
}

impl Tail {
    /// An empty window in front of `next_index`.
    pub fn new(next_index: u64) -> Self {
        Self { next_index, ..Self::default() }
    }

    /// Index of the oldest entry held; of the next one if there is none.
    pub fn first_index(&self) -> u64 {
        self.next_index - self.entries.len() as u64
    }

    /// Adds the next entry, carried by write number `write`.
    pub fn push(&mut self, write: u64, entry: Entry) {
        self.bytes += entry_size(&entry);
        self.next_index = entry.log_id.index + 1;
        self.entries.push_back((write, entry));
    }

    /// Drops the oldest entries beyond `limit_bytes` whose writes are durable.
    pub fn evict(&mut self, durable_write: u64, limit_bytes: usize) {
        while self.bytes > limit_bytes && self.entries.front().is_some_and(|(write, _)| *write <= durable_write) {
            self.pop_front();
        }
    }

    /// Drops what is before `index`.
    pub fn drop_before(&mut self, index: u64) {
        while !self.entries.is_empty() && self.first_index() < index {
            self.pop_front();
        }
    }

    fn pop_front(&mut self) {
        if let Some((_, entry)) = self.entries.pop_front() {
            self.bytes -= entry_size(&entry);
        }
    }

    /// Drops what is at `index` or later; the next entry pushed is `index`.
    pub fn drop_from(&mut self, index: u64) {
        while self.next_index > index
            && let Some((_, entry)) = self.entries.pop_back()
        {
            self.bytes -= entry_size(&entry);
            self.next_index -= 1;
        }
        self.next_index = index;
    }

    /// The entry at `index`.
    pub fn get(&self, index: u64) -> Option<&Entry> {
        let at = index.checked_sub(self.first_index())?;
        self.entries.get(usize::try_from(at).ok()?).map(|(_, entry)| entry)
    }

    /// Entries from `start` to before `end`, at most `max_bytes` of them but at least one.
    pub fn read(&self, start: u64, end: u64, max_bytes: usize) -> Vec<Entry> {
        let mut bytes = 0;
        let take = |entry: &&Entry| {
            let first = bytes == 0;
            bytes += entry_size(entry);
            first || bytes <= max_bytes
        };
        (start..end).map_while(|index| self.get(index)).take_while(take).cloned().collect()
    }

    /// Size of what is held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replication::log::testing::entry;

    fn tail() -> Tail {
        let mut tail = Tail::new(5);
        for index in 5..=9 {
            tail.push(index, entry(1, index, 100));
        }
        tail
    }

    #[test]
    fn tail_never_evicts_what_is_not_durable() {
        let mut tail = tail();
        tail.evict(6, 0);
        assert_eq!(tail.first_index(), 7, "writes 5 and 6 were durable, 7 was not");
        tail.evict(9, usize::MAX);
        assert_eq!(tail.first_index(), 7, "within its bound");
        tail.evict(9, 0);
        assert_eq!((tail.first_index(), tail.bytes()), (10, 0));
    }

    /// Index 8 is written twice; that the first one is durable says nothing of the second.
    #[test]
    fn a_truncated_write_does_not_cover_its_successor() {
        let mut tail = tail();
        tail.drop_from(8);
        tail.push(10, entry(2, 8, 100));
        tail.evict(9, 0);
        assert_eq!(tail.read(8, 9, 0), [entry(2, 8, 100)]);
        assert_eq!(tail.first_index(), 8);
    }

    #[test]
    fn a_read_is_bounded_but_never_empty() {
        let tail = tail();
        assert_eq!(tail.read(6, 10, 0), [entry(1, 6, 100)]);
        let two = 2 * entry_size(&entry(1, 6, 100));
        assert_eq!(tail.read(6, 10, two).len(), 2);
        assert_eq!(tail.read(6, 10, two - 1).len(), 1);
        assert_eq!(tail.read(6, 10, usize::MAX).len(), 4);
        assert!(tail.read(4, 10, usize::MAX).is_empty(), "before the window");
    }

    #[test]
    fn truncating_before_the_window_empties_it() {
        let mut tail = tail();
        tail.drop_from(3);
        assert_eq!((tail.first_index(), tail.bytes()), (3, 0));
        tail.push(10, entry(2, 3, 1));
        assert_eq!(tail.first_index(), 3);
    }

    #[test]
    fn purging_beyond_the_end_empties_it() {
        let mut tail = tail();
        tail.drop_before(8);
        assert_eq!(tail.first_index(), 8);
        tail.drop_before(20);
        assert_eq!(tail.first_index(), 10, "the caller starts a new window");
    }
}
