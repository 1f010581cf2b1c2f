//! A chunk that is put together piece by piece, as a payload tells it.
//!
//! Invariant: nothing grows by a number that was only told, and a chunk that has become large goes on as another: the names that it takes
//! along are no more bytes than what stands behind them in the one before, so that all are as large as what was told, at most twice.

use super::chunk::{ChunkHead, put_flagged};
use super::limits::CHUNK_BYTES_MAX;
use super::{Stream, StreamId};
use crate::store::leb128;

/// See the module's header.
#[derive(Clone, Debug)]
pub struct ChunkBuilder {
    head: ChunkHead,
    /// Bytes of the names of the first entry, with their number.
    names: usize,
    /// Bytes of Redis's form without entries, but for their counts.
    empty_size: u64,
    bytes: Vec<u8>,
}

impl ChunkBuilder {
    /// A chunk that begins with this id; the names of so many fields follow.
    pub fn new(base: StreamId, names: u64) -> Self {
        let mut bytes = Vec::new();
        leb128::put(&mut bytes, names);
        let head = ChunkHead { base, last: base, len: 0, deleted: 0, size: 0 };
        Self { head, names: 0, empty_size: 0, bytes }
    }

    /// A name or a value.
    pub fn put(&mut self, text: &[u8]) {
        leb128::put_bytes(&mut self.bytes, text);
    }

    /// All names are there; with them Redis's form has so many bytes, but for the counts of entries.
    pub fn end_names(&mut self, size: u64) {
        (self.names, self.empty_size, self.head.size) = (self.bytes.len(), size, size);
    }

    /// True if the next entry is to stand in another one ([`Self::split`]).
    pub fn is_large(&self) -> bool {
        let entries = self.bytes.len() - self.names;
        self.head.len > 0 && entries >= self.names && entries as u64 >= CHUNK_BYTES_MAX
    }

    /// The one that goes on behind this one, with the same names.
    pub fn split(&self, base: StreamId) -> Self {
        let mut next = Self::new(base, 0);
        next.bytes = self.bytes.get(..self.names).unwrap_or_default().to_vec();
        next.end_names(self.empty_size);
        next
    }

    /// The last id that was told.
    pub fn last(&self) -> StreamId {
        self.head.last
    }

    /// Adds an entry, whose values follow: of the fields of the first one, or of so many others, each name in front of its value. None if it
    /// stands in front of others.
    pub fn begin_entry(&mut self, id: StreamId, others: Option<u64>) -> Option<()> {
        let ChunkHead { base, last, len, .. } = self.head;
        // Whether an id stands twice is seen when the chunk is whole.
        if id.is_zero() || id < last {
            return None;
        }
        let ms = id.ms.checked_sub(base.ms)?;
        put_flagged(&mut self.bytes, ms, others.is_none());
        leb128::put(&mut self.bytes, if ms == 0 { id.seq.checked_sub(base.seq)? } else { id.seq });
        if let Some(others) = others {
            leb128::put(&mut self.bytes, others);
        }
        self.head.len = len.checked_add(1)?;
        self.head.last = id;
        Some(())
    }

    /// The entry is whole; in Redis's form it has so many bytes.
    pub fn end_entry(&mut self, size: u64) {
        self.head.size = self.head.size.saturating_add(size);
    }

    /// Adds an entry that is gone, and had so many bytes in Redis's form. None if it stands in front of others.
    pub fn add_gone(&mut self, id: StreamId, size: u64) -> Option<()> {
        if id < self.head.last {
            return None;
        }
        self.head.deleted = self.head.deleted.checked_add(1)?;
        self.head.last = id;
        self.end_entry(size);
        Some(())
    }
}

impl Stream {
    /// Puts a chunk behind all; one without entries is left out. False if it does not belong there.
    #[must_use]
    pub fn add_chunk(&mut self, chunk: &ChunkBuilder) -> bool {
        chunk.head.len == 0 || self.restore_chunk(chunk.head, &chunk.bytes)
    }
}
