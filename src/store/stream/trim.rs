//! Removal of the first entries of a stream.

use super::{Stream, StreamId};

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

impl Stream {
    /// Removes the first entries: how many.
    pub fn trim(&mut self, trim: Trim) -> u64 {
        let mut removed = 0;
        while let Some(chunk) = self.chunk(0) {
            let len = chunk.len();
            if matches!(trim.to, TrimTo::Len(most) if self.len <= most) || trim.limit != 0 && removed + len > trim.limit
            {
                break;
            }
            let is_whole = match trim.to {
                TrimTo::Len(most) => self.len - len >= most,
                TrimTo::Id(id) => chunk.last() < id,
            };
            if is_whole {
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

    /// How many entries a trim removes at most.
    pub fn trimmed_most(&self, trim: Trim) -> u64 {
        match trim.to {
            TrimTo::Len(most) => self.len.saturating_sub(most),
            TrimTo::Id(_) => self.len,
        }
    }
}
