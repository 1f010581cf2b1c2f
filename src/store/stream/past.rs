//! What a stream can tell of how many of its entries were added up to where.

use super::{Group, Stream, StreamId};

/// What is known of the past, at one moment: asked for many entries or groups, it does not look for the first entry again.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    len: u64,
    first_id: StreamId,
    last_id: StreamId,
    max_deleted_id: StreamId,
    entries_added: u64,
}

impl Past {
    /// How many entries a group has read behind one more, if that can be told. `read`: in front of it.
    pub fn read_with(&self, read: Option<i64>, id: StreamId) -> Option<i64> {
        match read {
            Some(read) if !self.has_gaps_from(id) => Some(read.wrapping_add(1)),
            _ => self.entries_up_to(id),
        }
    }

    /// How many entries a group has not read yet, if that can be told.
    pub fn lag(&self, group: &Group) -> Option<i64> {
        if self.entries_added == 0 {
            return Some(0);
        }
        let read = match group.entries_read {
            Some(read) if !self.has_gaps_from(group.last_id) => read,
            _ => self.entries_up_to(group.last_id)?,
        };
        Some((self.entries_added as i64).wrapping_sub(read))
    }

    /// True if an entry behind this id, and behind the first one that is there, may have been removed by XDEL.
    fn has_gaps_from(&self, id: StreamId) -> bool {
        self.len > 0 && !self.max_deleted_id.is_zero() && self.max_deleted_id >= self.first_id.max(id)
    }

    /// How many entries were added up to this id, if that can be told.
    pub fn entries_up_to(&self, id: StreamId) -> Option<i64> {
        let added = self.entries_added as i64;
        if added == 0 || self.len == 0 && id <= self.last_id || id == self.last_id {
            return Some(added);
        }
        let is_whole = self.max_deleted_id.is_zero() || self.max_deleted_id < self.first_id;
        if id > self.last_id || !is_whole || id > self.first_id {
            return None;
        }
        let before = added.wrapping_sub(self.len as i64);
        Some(if id == self.first_id { before.wrapping_add(1) } else { before })
    }
}

impl Stream {
    /// What is known of the past.
    pub fn past(&self) -> Past {
        let Self { len, last_id, max_deleted_id, entries_added, .. } = *self;
        Past { len, first_id: self.first_id(), last_id, max_deleted_id, entries_added }
    }
}
