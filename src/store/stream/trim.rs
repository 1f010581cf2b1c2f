//! Removal of the first entries of a stream.

use super::chunk::Chunk;
use super::{Stream, StreamId};
use crate::store::{ELEMENT_UNITS, total_units, units_of_bytes};

/// Up to where a stream is to be trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrimTo {
    /// So many entries are left.
    Len(u64),
    /// No entry is left with a smaller id.
    Id(StreamId),
}

/// A trim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trim {
    /// Up to where.
    pub to: TrimTo,
    /// Removes whole chunks alone, so that more may be left.
    pub is_rough: bool,
    /// Most entries that are removed; 0 = any number.
    pub limit: u64,
}

impl Trim {
    /// True if nothing of the first chunk goes, of so many entries that are left, and after so many that went.
    pub(super) fn is_over(self, chunk: &Chunk, left: u64, removed: u64) -> bool {
        matches!(self.to, TrimTo::Len(most) if left <= most) || self.limit != 0 && removed + chunk.len() > self.limit
    }

    /// True if the first chunk goes as a whole.
    pub(super) fn is_whole(self, chunk: &Chunk, left: u64) -> bool {
        match self.to {
            TrimTo::Len(most) => left - chunk.len() >= most,
            TrimTo::Id(id) => chunk.last() < id,
        }
    }
}

impl Stream {
    /// Removes the first entries: how many.
    pub fn trim(&mut self, trim: Trim) -> u64 {
        let mut removed = 0;
        while let Some(chunk) = self.chunk(0).filter(|chunk| !trim.is_over(chunk, self.len, removed)) {
            let len = chunk.len();
            if trim.is_whole(chunk, self.len) {
                self.remove_first_chunk();
                removed += len;
                continue;
            }
            if !trim.is_rough {
                let count = match trim.to {
                    TrimTo::Len(most) => self.len - most,
                    TrimTo::Id(id) => chunk.iter().take_while(|entry| entry.id < id).count() as u64,
                };
                if count == len {
                    self.remove_first_chunk();
                } else if count > 0 {
                    self.change_chunk(0, |chunk| chunk.remove_first(count));
                }
                removed += count;
            }
            break;
        }
        removed
    }

    /// Units of a trim (`store::work`). Whoever may not do more than `left` need not know by how much it is more.
    pub fn trim_units(&self, trim: Trim, left: u64) -> u64 {
        let (mut removed, mut is_cut) = (0, false);
        let of_chunk = |at| {
            let chunk = self.chunk(at).filter(|chunk| !is_cut && !trim.is_over(chunk, self.len - removed, removed))?;
            if trim.is_whole(chunk, self.len - removed) {
                removed += chunk.len();
                return Some(ELEMENT_UNITS);
            }
            is_cut = true;
            // Cut off at its start: what stays moves.
            let cut = chunk.skip_units() + units_of_bytes(chunk.bytes());
            Some(if trim.is_rough { 0 } else { cut })
        };
        ELEMENT_UNITS.saturating_add(total_units((0..self.chunk_count()).map_while(of_chunk), left))
    }
}
