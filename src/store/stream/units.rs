//! What is said of the work on a stream before it is done (`store::work`): by the chunks that it concerns, each of which may be a small or a
//! large one, with short or long entries.

use super::chunk::Chunk;
use super::{Stream, StreamId};
use crate::store::{ELEMENT_UNITS, total_units};

/// Units of giving an entry to a consumer: its places in two lists.
pub const ASSIGN_UNITS: u64 = 4 * ELEMENT_UNITS;
/// Bytes of a chunk that are skipped for one unit, in search of an entry.
const SKIPPED_PER_UNIT: u64 = 4;
/// The same of entries.
const ENTRIES_SKIPPED_PER_UNIT: u64 = 2;

/// Entries of a stream that are read.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Not in front of this one.
    pub from: StreamId,
    /// Not behind this one.
    pub to: StreamId,
    /// Most of them.
    pub count: u64,
    /// The last ones.
    pub is_back: bool,
    /// Units for each, besides giving it.
    pub each: u64,
}

impl Span {
    /// The first ones between two ids, so many at most.
    pub fn first(from: StreamId, to: StreamId, count: u64) -> Self {
        Self { from, to, count, is_back: false, each: 0 }
    }
}

impl Chunk {
    /// Units of going through it.
    pub(super) fn skip_units(&self) -> u64 {
        ELEMENT_UNITS + self.len() / ENTRIES_SKIPPED_PER_UNIT + self.bytes() as u64 / SKIPPED_PER_UNIT
    }

    /// Units of giving one of its entries, with the names of its fields, after it was gone through.
    fn give_units(&self) -> u64 {
        let names = self.names_bytes() as u64;
        ELEMENT_UNITS + names + (self.bytes() as u64).saturating_sub(names).div_ceil(self.len().max(1))
    }
}

impl Stream {
    /// Units of looking for an entry by its id.
    pub fn seek_units(&self, id: StreamId) -> u64 {
        self.chunk(self.chunk_of(id)).map_or(ELEMENT_UNITS, Chunk::skip_units)
    }

    /// Units of giving the entry with this id.
    pub fn entry_units(&self, id: StreamId) -> u64 {
        self.chunk(self.chunk_of(id)).map_or(ELEMENT_UNITS, |chunk| chunk.skip_units() + chunk.give_units())
    }

    /// Units of giving entries. Whoever may not do more than `left` need not know by how much it is more.
    pub fn range_units(&self, span: Span, left: u64) -> u64 {
        if span.from > span.to {
            return ELEMENT_UNITS;
        }
        let (first, last) = (self.chunk_of(span.from), self.chunk_of(span.to));
        let mut count = span.count;
        let of_chunk = |step| {
            let at = if span.is_back { last.checked_sub(step)? } else { first + step };
            let chunk = self.chunk(at).filter(|_| count > 0)?;
            let given = count.min(chunk.len());
            // Of one that is at an end of the range nobody knows yet how many are within.
            if span.from <= chunk.base() && chunk.last() <= span.to {
                count -= given;
            }
            Some(chunk.skip_units().saturating_add(given.saturating_mul(chunk.give_units() + span.each)))
        };
        ELEMENT_UNITS.saturating_add(total_units((0..=last.saturating_sub(first)).map_while(of_chunk), left))
    }
}
