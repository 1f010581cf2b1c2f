//! The stream value: entries in order of their ids, and the groups that consume them.
//!
//! Entries stand in chunks, as in Redis: the last one is open and takes what is added, the others are closed and stand in a persistent tree.
//! A clone shares all; a write afterwards copies one chunk and a path of the tree, or of a group's tables, never the whole value.
//!
//! Invariants
//! - Ids rise from entry to entry and never exceed `last_id`, which never falls while there are entries above it.
//! - No chunk is without entries; without an open chunk there is none at all.
//! - Where chunks end is a function of what was added and removed, and of the limits at that time: part of the value, kept by snapshots,
//!   because XTRIM with `~` removes whole ones.
//! - What is known of producers says nothing of which entries are there: an id stays with the terms, whatever becomes of its entry.
//! - A stream may be empty: it stays, with its last id and its groups, until somebody removes the key.
//!
//! Deliberately without the key, a deadline or a revision: the entry has those.

mod builder;
mod chunk;
mod group;
mod groups;
mod id;
mod limits;
mod past;
mod producers;
#[cfg(test)]
mod producers_tests;
mod refs;
mod sent;
#[cfg(test)]
mod tests;
mod trim;
mod units;

pub use builder::ChunkBuilder;
use chunk::Chunk;
pub use chunk::{ChunkHead, Entries, Field, Fields, StreamEntry};
pub use group::{Consumer, Delivery, Group, Pending};
use groups::Groups;
pub use id::StreamId;
pub use limits::StreamLimits;
pub use past::Past;
use producers::Producers;
pub use producers::{KnownId, ProducerCounts, ProducerTerms};
pub use refs::{Deletion, Refs};
pub use trim::{Trim, TrimTo};
use triomphe::Arc;
pub use units::{ASSIGN_UNITS, Span};

use super::ranked::Ranked;
use super::{ELEMENT_UNITS, ValueType, units_of_bytes};

/// Memory of a chunk beyond its bytes.
const CHUNK_OVERHEAD: usize = 96;
/// Above so many chunks a stream is freed in the background.
const SLOW_TO_FREE: usize = 16;
/// The same for bytes.
const SLOW_TO_FREE_BYTES: usize = 2 << 20;

/// A stream value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stream {
    closed: Ranked<Arc<Chunk>>,
    open: Option<Arc<Chunk>>,
    len: u64,
    /// Of the closed chunks.
    bytes: usize,
    last_id: StreamId,
    max_deleted_id: StreamId,
    entries_added: u64,
    groups: Option<Box<Groups>>,
    producers: Option<Box<Producers>>,
}

/// What a snapshot keeps of a stream besides its chunks and groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamHead {
    /// The last id that was added.
    pub last_id: StreamId,
    /// The largest id that XDEL has removed.
    pub max_deleted_id: StreamId,
    /// How many entries were added.
    pub entries_added: u64,
}

impl Stream {
    /// A stream without entries and groups.
    pub fn with_head(head: StreamHead) -> Self {
        let StreamHead { last_id, max_deleted_id, entries_added } = head;
        Self { last_id, max_deleted_id, entries_added, ..Self::default() }
    }

    /// What a snapshot keeps besides chunks and groups.
    pub fn head(&self) -> StreamHead {
        let Self { last_id, max_deleted_id, entries_added, .. } = *self;
        StreamHead { last_id, max_deleted_id, entries_added }
    }

    /// The chunks, as a snapshot keeps them.
    pub fn chunks(&self) -> impl Iterator<Item = (ChunkHead, &[u8])> {
        self.closed.iter().chain(&self.open).map(|chunk| chunk.parts())
    }

    /// The chunks, as a payload tells them.
    pub fn chunks_by_entry(&self) -> impl Iterator<Item = (ChunkHead, Entries<'_>)> {
        self.closed.iter().chain(&self.open).map(|chunk| chunk.parts_by_entry())
    }

    /// Puts back a chunk that a snapshot held, behind all. False if it does not belong there.
    #[must_use]
    pub fn restore_chunk(&mut self, head: ChunkHead, bytes: &[u8]) -> bool {
        let is_behind = self.last_present().is_none_or(|last| last < head.base);
        let Some(chunk) = Chunk::from_parts(head, bytes).filter(|_| is_behind) else { return false };
        self.close();
        self.len += chunk.len();
        self.open = Some(Arc::new(chunk));
        true
    }

    /// Number of entries.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True without entries.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of chunks.
    pub fn chunk_count(&self) -> usize {
        self.closed.len() + usize::from(self.open.is_some())
    }

    /// The last id that was added.
    pub fn last_id(&self) -> StreamId {
        self.last_id
    }

    /// The largest id that XDEL has removed; [`StreamId::ZERO`] if there is none.
    pub fn max_deleted_id(&self) -> StreamId {
        self.max_deleted_id
    }

    /// How many entries were added since the stream began.
    pub fn entries_added(&self) -> u64 {
        self.entries_added
    }

    /// The id of the first entry; [`StreamId::ZERO`] without entries.
    pub fn first_id(&self) -> StreamId {
        self.chunk(0).and_then(Chunk::first_present).unwrap_or(StreamId::ZERO)
    }

    /// The id of the last entry that is there.
    pub fn last_present(&self) -> Option<StreamId> {
        self.open.as_ref().and_then(|chunk| chunk.last_present())
    }

    /// The entry with this id.
    pub fn get(&self, id: StreamId) -> Option<StreamEntry<'_>> {
        self.range(id, id).next()
    }

    /// The entries between two ids, both included.
    pub fn range(&self, from: StreamId, to: StreamId) -> impl Iterator<Item = StreamEntry<'_>> {
        let chunks = (self.chunk_of(from)..self.chunk_count()).map_while(|at| self.chunk(at));
        chunks.flat_map(Chunk::iter).skip_while(move |entry| entry.id < from).take_while(move |entry| entry.id <= to)
    }

    /// The same, the last one first.
    pub fn range_back(&self, from: StreamId, to: StreamId) -> impl Iterator<Item = StreamEntry<'_>> {
        let chunks = (0..=self.chunk_of(to)).rev().filter_map(|at| self.chunk(at));
        chunks
            .flat_map(|chunk| chunk.iter().collect::<Vec<_>>().into_iter().rev())
            .skip_while(move |entry| entry.id > to)
            .take_while(move |entry| entry.id >= from)
    }

    /// Bytes of all chunks.
    fn all_bytes(&self) -> usize {
        self.bytes + self.open.as_ref().map_or(0, |chunk| chunk.bytes())
    }

    fn chunk(&self, at: usize) -> Option<&Chunk> {
        match self.closed.get(at) {
            Some(chunk) => Some(chunk),
            None => self.open.as_deref().filter(|_| at == self.closed.len()),
        }
    }

    /// The chunk where an id stands, if it is there.
    fn chunk_of(&self, id: StreamId) -> usize {
        if self.open.as_ref().is_some_and(|open| open.base() <= id) {
            return self.closed.len();
        }
        self.closed.partition_point(|chunk| chunk.base() <= id).saturating_sub(1)
    }

    /// Adds an entry, whose id is larger than `last_id`.
    pub fn add(&mut self, id: StreamId, fields: &[Field<'_>], limits: StreamLimits) {
        let payload: usize = fields.iter().map(|(name, value)| name.len() + value.len()).sum();
        if self.open.as_ref().is_some_and(|open| open.is_full(payload as u64, limits)) {
            self.close();
        }
        match &mut self.open {
            Some(open) => Arc::make_mut(open).push(id, fields),
            None => self.open = Some(Arc::new(Chunk::new(id, fields))),
        }
        self.len += 1;
        self.entries_added = self.entries_added.wrapping_add(1);
        self.last_id = id;
    }

    fn close(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        // One that an image shares keeps its room.
        if let Some(open) = Arc::get_mut(&mut open) {
            open.close();
        }
        self.bytes += open.bytes();
        self.closed.insert(self.closed.len(), open);
    }

    /// Takes out the chunk at a place among the closed ones.
    fn take_closed(&mut self, at: usize) -> Option<Arc<Chunk>> {
        let chunk = self.closed.remove(at)?;
        self.bytes -= chunk.bytes();
        Some(chunk)
    }

    fn remove_first_chunk(&mut self) {
        if let Some(removed) = self.take_closed(0).or_else(|| self.open.take()) {
            self.len -= removed.len();
        }
    }

    fn remove_chunk(&mut self, at: usize) {
        // The last one that is left takes what is added from now on.
        let removed = match self.take_closed(at) {
            Some(removed) => Some(removed),
            None => {
                let last = self.closed.len().checked_sub(1).and_then(|last| self.take_closed(last));
                std::mem::replace(&mut self.open, last)
            }
        };
        self.len -= removed.map_or(0, |chunk| chunk.len());
    }

    fn change_chunk<T>(&mut self, at: usize, change: impl FnOnce(&mut Chunk) -> T) -> Option<T> {
        let work = |chunk: &mut Arc<Chunk>| {
            let before = (chunk.len(), chunk.bytes());
            let result = change(Arc::make_mut(chunk));
            (result, before, (chunk.len(), chunk.bytes()))
        };
        let is_closed = at < self.closed.len();
        let (result, before, after) = if is_closed { self.closed.change(at, work)? } else { work(self.open.as_mut()?) };
        self.len = self.len - before.0 + after.0;
        if is_closed {
            self.bytes = self.bytes - before.1 + after.1;
        }
        Some(result)
    }

    /// Removes an entry: true if it was there.
    pub fn remove(&mut self, id: StreamId) -> bool {
        let at = self.chunk_of(id);
        if self.get(id).is_none() {
            return false;
        }
        if self.chunk(at).is_some_and(|chunk| chunk.len() == 1) {
            self.remove_chunk(at);
        } else {
            self.change_chunk(at, |chunk| chunk.remove(id));
        }
        self.max_deleted_id = self.max_deleted_id.max(id);
        true
    }

    /// Sets what XSETID sets; None leaves it as it is.
    pub fn set_head(&mut self, last_id: StreamId, entries_added: Option<u64>, max_deleted_id: Option<StreamId>) {
        self.last_id = last_id;
        self.entries_added = entries_added.unwrap_or(self.entries_added);
        self.max_deleted_id = max_deleted_id.unwrap_or(self.max_deleted_id);
    }

    /// The groups with their names, in order of those.
    pub fn groups(&self) -> impl Iterator<Item = (&[u8], &Group)> {
        self.groups.iter().flat_map(|groups| groups.iter())
    }

    /// Number of groups.
    pub fn group_count(&self) -> usize {
        self.groups.as_ref().map_or(0, |groups| groups.len())
    }

    /// The group of this name.
    pub fn group(&self, name: &[u8]) -> Option<&Group> {
        self.groups.as_ref()?.get(name)
    }

    /// Adds a group: false if there is one of this name.
    pub fn add_group(&mut self, name: &[u8], group: Group) -> bool {
        self.groups.get_or_insert_default().add(name, group)
    }

    /// Removes the group of this name. It may take long to free ([`super::Txn::discard_group`]).
    pub fn remove_group(&mut self, name: &[u8]) -> Option<Group> {
        let removed = self.groups.as_mut().and_then(|groups| groups.remove(name));
        if self.group_count() == 0 {
            self.groups = None;
        }
        removed
    }

    /// Lets `change` work on a group.
    pub fn change_group<T>(&mut self, name: &[u8], change: impl FnOnce(&mut Group) -> T) -> Option<T> {
        self.groups.as_mut()?.change(name, change)
    }
}

impl ValueType for Stream {
    fn type_name(&self) -> &'static str {
        "stream"
    }

    fn encoding(&self) -> &'static str {
        "stream"
    }

    fn elements(&self) -> usize {
        self.len as usize
    }

    fn is_vacant(&self) -> bool {
        false
    }

    fn wakes_by_change() -> bool {
        true
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
            + self.all_bytes()
            + self.chunk_count() * CHUNK_OVERHEAD
            + self.groups.as_ref().map_or(0, |groups| groups.memory())
            + self.producers.as_ref().map_or(0, |producers| producers.memory())
    }

    /// Ids of producers end by themselves.
    fn first_end_ms(&self) -> Option<u64> {
        self.producers.as_ref()?.first_end_ms()
    }

    /// What writes to both sides of a clone cost in the end.
    fn copy_units(&self) -> u64 {
        self.chunk_count() as u64 * ELEMENT_UNITS + units_of_bytes(self.memory())
    }

    fn is_slow_to_free(&self) -> bool {
        let groups = self.groups.as_ref().map_or(0, |groups| groups.memory());
        let producers = self.producers.as_ref().map_or(0, |producers| producers.memory());
        let groups = groups + producers;
        self.chunk_count() > SLOW_TO_FREE || groups > group::SLOW_TO_FREE_BYTES || self.memory() > SLOW_TO_FREE_BYTES
    }

    /// All counts are right, no chunk is empty, and ids rise.
    fn validate(&self) -> Result<(), String> {
        self.closed.validate()?;
        if self.open.is_none() && self.closed.len() > 0 {
            return Err("closed chunks without an open one".into());
        }
        let bytes: usize = self.closed.iter().map(|chunk| chunk.bytes()).sum();
        let (mut len, mut last) = (0, None);
        for chunk in self.closed.iter().chain(&self.open) {
            chunk.validate()?;
            if last.is_some_and(|last| chunk.base() <= last) {
                return Err(format!("a chunk that begins at {} behind {last:?}", chunk.base()));
            }
            (len, last) = (len + chunk.len(), chunk.last_present());
        }
        if len != self.len || bytes != self.bytes {
            return Err(format!("{len} entries, counted {}; {bytes} bytes, counted {}", self.len, self.bytes));
        }
        if self.last_present().is_some_and(|last| last > self.last_id) {
            return Err(format!("entries behind the last id {}", self.last_id));
        }
        if self.groups.as_ref().is_some_and(|groups| groups.len() == 0) {
            return Err("a table of groups without any".into());
        }
        self.producers.as_ref().map_or(Ok(()), |producers| producers.validate())?;
        self.groups.as_ref().map_or(Ok(()), |groups| groups.validate())
    }
}
