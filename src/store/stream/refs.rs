//! Entries that are deleted, and what groups still know of them.
//!
//! Invariant: an entry is referenced while a group has not read it yet, or has delivered it and waits for its acknowledgement. What is
//! deleted with [`Refs::Forget`] is pending in no group afterwards; what is deleted with [`Refs::Acked`] was referenced by none.

use super::chunk::Chunk;
use super::{ASSIGN_UNITS, Stream, StreamId, Trim, TrimTo};
use crate::store::{ELEMENT_UNITS, total_units, units_of_bytes};

/// What becomes of what groups know of an entry that is to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refs {
    /// It stays: the entry is pending, and gone.
    Keep,
    /// It goes too.
    Forget,
    /// The entry stays as long as it is referenced.
    Acked,
}

/// What has become of an entry that was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It was not there.
    Absent,
    /// It is gone.
    Done,
    /// It stays, because it is referenced.
    Referenced,
}

impl Stream {
    /// True if a group has not read the entry with this id yet, or waits for its acknowledgement, whether it is there or not.
    pub fn is_referenced(&self, id: StreamId) -> bool {
        self.groups().any(|(_, group)| group.last_id < id || group.pending(id).is_some())
    }

    /// True if a group waits for the acknowledgement of the entry with this id.
    pub fn is_pending(&self, id: StreamId) -> bool {
        self.groups().any(|(_, group)| group.pending(id).is_some())
    }

    /// The entry with this id is no longer pending, in any group: in how many it was.
    pub fn forget(&mut self, id: StreamId) -> usize {
        self.groups.as_mut().map_or(0, |groups| {
            groups.change_those(
                |group| group.pending(id).is_some(),
                |group| {
                    group.acknowledge(id);
                },
            )
        })
    }

    /// Deletes an entry. Also of one that is not there references are seen, and forgotten.
    pub fn delete(&mut self, id: StreamId, refs: Refs) -> Deletion {
        match refs {
            Refs::Keep => {}
            Refs::Forget => _ = self.forget(id),
            Refs::Acked if self.is_referenced(id) => return Deletion::Referenced,
            Refs::Acked => {}
        }
        if self.remove(id) { Deletion::Done } else { Deletion::Absent }
    }

    /// Units of [`Self::delete`].
    pub fn delete_units(&self, id: StreamId, refs: Refs) -> u64 {
        // Looked for, and cut out.
        (2 * self.seek_units(id)).saturating_add(self.refs_units(refs))
    }

    /// Units of what is done with the references of one entry.
    fn refs_units(&self, refs: Refs) -> u64 {
        let each = match refs {
            Refs::Keep => 0,
            Refs::Forget => ELEMENT_UNITS + ASSIGN_UNITS,
            Refs::Acked => ELEMENT_UNITS,
        };
        (self.group_count() as u64).saturating_mul(each)
    }

    /// [`Self::trim`] that looks at the references of each entry: how many entries it has removed. Without groups there is nothing to look
    /// at; with some it goes entry by entry, also where it may be rough.
    pub fn trim_as(&mut self, trim: Trim, refs: Refs) -> u64 {
        if refs == Refs::Keep || self.group_count() == 0 {
            return self.trim(trim);
        }
        let (mut removed, mut at) = (0, 0);
        while let Some(chunk) = self.chunk(at).filter(|chunk| !trim.is_over(chunk, self.len, removed)) {
            let (is_whole, all) = (trim.is_whole(chunk, self.len), chunk.len());
            let chosen = self.chosen(chunk, trim, refs);
            if refs == Refs::Forget {
                chosen.iter().for_each(|id| _ = self.forget(*id));
            }
            removed += chosen.len() as u64;
            if chosen.len() as u64 == all {
                self.remove_chunk(at);
            } else {
                self.change_chunk(at, |chunk| chunk.remove_all(&chosen));
                at += 1;
            }
            if !is_whole {
                break;
            }
        }
        removed
    }

    /// What the trim removes of a chunk.
    fn chosen(&self, chunk: &Chunk, trim: Trim, refs: Refs) -> Vec<StreamId> {
        let (before, most) = match trim.to {
            TrimTo::Len(most) => (None, self.len - most),
            TrimTo::Id(id) => (Some(id), u64::MAX),
        };
        let ids = chunk.iter().map(|entry| entry.id).take_while(|id| before.is_none_or(|before| *id < before));
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        ids.filter(|id| refs != Refs::Acked || !self.is_referenced(*id)).take(most).collect()
    }

    /// Units of [`Self::trim_as`], at most. Whoever may not do more than `left` need not know by how much it is more.
    pub fn trim_as_units(&self, trim: Trim, refs: Refs, left: u64) -> u64 {
        if refs == Refs::Keep || self.group_count() == 0 {
            return self.trim_units(trim, left);
        }
        let each = self.refs_units(refs);
        let of_chunk = |at| {
            let chunk = self.chunk(at)?;
            // How many are referenced is seen by looking at them.
            let is_reached = match trim.to {
                TrimTo::Len(most) => self.len > most,
                TrimTo::Id(id) => chunk.base() < id,
            };
            let cut = chunk.skip_units() + units_of_bytes(chunk.bytes());
            is_reached.then(|| cut.saturating_add(chunk.len().saturating_mul(each)))
        };
        ELEMENT_UNITS.saturating_add(total_units((0..self.chunk_count()).map_while(of_chunk), left))
    }
}
