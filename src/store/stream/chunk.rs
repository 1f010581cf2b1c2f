//! Some entries in one allocation: the names of the first one's fields, then each entry as the difference of its id to the first one's,
//! without names if they are those of the first one.
//!
//! ```text
//! count, {length, name}*                         of the first entry
//! (ms difference << 1 | same names), seq, ...    of each entry; seq is a difference too if the ms are the same
//!     {length, value}*                           with the same names
//!     count, {length, name, length, value}*      with others
//! ```
//!
//! All numbers are LEB128. What was deleted is gone, but still counts: where a chunk ends is seen by XTRIM with `~`, so it ends where Redis's
//! listpack of the same entries would.

use super::{StreamId, StreamLimits};
use crate::store::steps::{Step, step};
use crate::store::{leb128, listpack};

/// A field and its value.
pub type Field<'a> = (&'a [u8], &'a [u8]);

/// Up to so many bytes a chunk grows to just what it needs.
const SMALL: usize = 256;

/// See the module's header.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chunk {
    base: StreamId,
    last: StreamId,
    len: u32,
    deleted: u32,
    /// Bytes of Redis's form, but for the counts of entries and of deleted ones.
    size: u64,
    bytes: Vec<u8>,
}

/// What a snapshot keeps of a chunk besides its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkHead {
    /// The id that it began with, which the others are told from.
    pub base: StreamId,
    /// The last id that was added.
    pub last: StreamId,
    /// Entries.
    pub len: u32,
    /// Entries that are gone.
    pub deleted: u32,
    /// Bytes of Redis's form, but for these counts.
    pub size: u64,
}

impl Chunk {
    /// A chunk with its first entry.
    pub(super) fn new(id: StreamId, fields: &[Field<'_>]) -> Self {
        let mut bytes = Vec::new();
        leb128::put(&mut bytes, fields.len() as u64);
        fields.iter().for_each(|(name, _)| leb128::put_bytes(&mut bytes, name));
        let names: usize = fields.iter().map(|(name, _)| listpack::element_len(name)).sum();
        // Behind the names stands a zero.
        let size = (listpack::EMPTY_LEN + number_size(fields.len() as u64) + names + number_size(0)) as u64;
        let mut chunk = Self { base: id, last: id, len: 0, deleted: 0, size, bytes };
        chunk.push(id, fields);
        chunk
    }

    /// What a snapshot held. None if it contradicts itself.
    pub(super) fn from_parts(head: ChunkHead, bytes: &[u8]) -> Option<Self> {
        let ChunkHead { base, last, len, deleted, size } = head;
        let chunk = Self { base, last, len, deleted, size, bytes: bytes.to_vec() };
        chunk.validate().is_ok().then_some(chunk)
    }

    /// What a snapshot keeps.
    pub(super) fn parts(&self) -> (ChunkHead, &[u8]) {
        let Self { base, last, len, deleted, size, .. } = *self;
        (ChunkHead { base, last, len, deleted, size }, &self.bytes)
    }

    pub(super) fn base(&self) -> StreamId {
        self.base
    }

    /// The last id that was added; its entry may be gone.
    pub(super) fn last(&self) -> StreamId {
        self.last
    }

    pub(super) fn len(&self) -> u64 {
        self.len.into()
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes of the names of the first entry, which others have too.
    pub(super) fn names_bytes(&self) -> usize {
        self.bytes.len() - self.iter().rest.len()
    }

    /// True if an entry with so many bytes has no room.
    pub(super) fn is_full(&self, payload: u64, limits: StreamLimits) -> bool {
        let counts = number_size(self.len.into()) + number_size(self.deleted.into());
        let size = self.size.saturating_add(counts as u64).saturating_add(payload);
        let entries = u64::from(self.len) + u64::from(self.deleted);
        size >= limits.bytes_max || limits.entries_max != 0 && entries >= limits.entries_max
    }

    /// The same, entry by entry.
    pub(super) fn parts_by_entry(&self) -> (ChunkHead, Entries<'_>) {
        (self.parts().0, self.iter())
    }

    /// Adds an entry behind all.
    pub(super) fn push(&mut self, id: StreamId, fields: &[Field<'_>]) {
        let entries = self.iter();
        let is_same = entries.names_len == fields.len() && entries.names().eq(fields.iter().map(|(name, _)| *name));
        let ms = id.ms.wrapping_sub(self.base.ms);
        let seq = if ms == 0 { id.seq.wrapping_sub(self.base.seq) } else { id.seq };

        put_flagged(&mut self.bytes, ms, is_same);
        leb128::put(&mut self.bytes, seq);
        if !is_same {
            leb128::put(&mut self.bytes, fields.len() as u64);
        }
        for (name, value) in fields {
            if !is_same {
                leb128::put_bytes(&mut self.bytes, name);
            }
            leb128::put_bytes(&mut self.bytes, value);
        }
        if self.bytes.len() < SMALL {
            self.bytes.shrink_to_fit();
        }
        self.size = self.size.saturating_add(self.entry_size(id, fields, is_same));
        self.len += 1;
        self.last = id;
    }

    /// Bytes of Redis's form of an entry: flags, two differences, the names if they are its own, values, and how many that were.
    fn entry_size(&self, id: StreamId, fields: &[Field<'_>], is_same: bool) -> u64 {
        let differences =
            number_size(id.ms.wrapping_sub(self.base.ms)) + number_size(id.seq.wrapping_sub(self.base.seq));
        let values: usize = fields.iter().map(|(_, value)| listpack::element_len(value)).sum();
        let (mut size, mut pieces) = (number_size(0) + differences + values, fields.len() as u64 + 3);
        if !is_same {
            let names: usize = fields.iter().map(|(name, _)| listpack::element_len(name)).sum();
            size += number_size(fields.len() as u64) + names;
            pieces += fields.len() as u64 + 1;
        }
        (size + number_size(pieces)) as u64
    }

    /// No more entries will be added.
    pub(super) fn close(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// Its entries in order.
    pub(super) fn iter(&self) -> Entries<'_> {
        step(Step::Chunk);
        let mut rest = self.bytes.as_slice();
        let names_len = leb128::take(&mut rest).unwrap_or_default() as usize;
        let names = rest;
        let _ = (0..names_len).try_for_each(|_| leb128::take_bytes(&mut rest).map(drop));
        Entries { base: self.base, names, names_len, rest }
    }

    /// The id of the first entry that is there.
    pub(super) fn first_present(&self) -> Option<StreamId> {
        if self.deleted == 0 { Some(self.base) } else { self.iter().next().map(|entry| entry.id) }
    }

    /// The id of the last entry that is there.
    pub(super) fn last_present(&self) -> Option<StreamId> {
        if self.deleted == 0 { Some(self.last) } else { self.iter().last().map(|entry| entry.id) }
    }

    /// Removes an entry: true if it was there.
    pub(super) fn remove(&mut self, id: StreamId) -> bool {
        let mut entries = self.iter();
        loop {
            let before = entries.rest.len();
            let Some(entry) = entries.next() else { return false };
            if entry.id == id {
                let after = entries.rest.len();
                let range = self.bytes.len() - before..self.bytes.len() - after;
                self.cut(range, 1);
                return true;
            }
        }
    }

    /// Removes the first `count` entries.
    pub(super) fn remove_first(&mut self, count: u64) {
        let mut entries = self.iter();
        let start = self.bytes.len() - entries.rest.len();
        let removed = (0..count).map_while(|_| entries.next()).count();
        let end = self.bytes.len() - entries.rest.len();
        self.cut(start..end, removed as u32);
    }

    /// Removes those of these entries, in order of their ids, that there are.
    pub(super) fn remove_all(&mut self, ids: &[StreamId]) {
        let mut entries = self.iter();
        let mut kept = self.bytes.get(..self.bytes.len() - entries.rest.len()).unwrap_or_default().to_vec();
        let mut removed = 0;
        loop {
            let before = entries.rest;
            let Some(entry) = entries.next() else { break };
            if ids.binary_search(&entry.id).is_ok() {
                removed += 1;
            } else {
                kept.extend_from_slice(before.get(..before.len() - entries.rest.len()).unwrap_or_default());
            }
        }
        kept.shrink_to_fit();
        self.bytes = kept;
        self.len -= removed;
        self.deleted += removed;
    }

    fn cut(&mut self, range: std::ops::Range<usize>, removed: u32) {
        self.bytes.drain(range);
        self.bytes.shrink_to_fit();
        self.len -= removed;
        self.deleted += removed;
    }

    /// Checks what the module's header says.
    pub(super) fn validate(&self) -> Result<(), String> {
        let mut entries = self.iter();
        let names_len = entries.names_len;
        if entries.names().count() != names_len {
            return Err("a chunk whose first names are cut off".into());
        }
        let (mut len, mut first, mut before) = (0u32, None, None);
        for entry in entries.by_ref() {
            let is_behind = before.is_none_or(|before| entry.id > before);
            if !is_behind || !(self.base..=self.last).contains(&entry.id) {
                return Err(format!("an entry {} out of order", entry.id));
            }
            first = first.or(Some(entry.id));
            before = Some(entry.id);
            len = len.saturating_add(1);
        }
        if !entries.rest.is_empty() || len != self.len || len == 0 {
            return Err(format!("{len} entries in a chunk, counted {}, and {} bytes", self.len, entries.rest.len()));
        }
        let ends = (Some(self.base), Some(self.last));
        if self.len.checked_add(self.deleted).is_none() || self.deleted == 0 && (first, before) != ends {
            return Err(format!("a chunk that does not begin at {} and end at {}", self.base, self.last));
        }
        Ok(())
    }
}

/// An entry of a stream.
#[derive(Clone, Copy, Debug)]
pub struct StreamEntry<'a> {
    /// Its id.
    pub id: StreamId,
    /// Its fields in their order.
    pub fields: Fields<'a>,
}

/// The fields of an entry, each with its value.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// Where the names stand, if not in front of the values.
    names: Option<&'a [u8]>,
    rest: &'a [u8],
    left: usize,
}

impl Fields<'_> {
    /// True if their names are those of the chunk.
    pub fn has_names_of_chunk(&self) -> bool {
        self.names.is_some()
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        self.left = self.left.checked_sub(1)?;
        let name = match &mut self.names {
            Some(names) => leb128::take_bytes(names)?,
            None => leb128::take_bytes(&mut self.rest)?,
        };
        Some((name, leb128::take_bytes(&mut self.rest)?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

/// Entries of a chunk.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'a> {
    base: StreamId,
    names: &'a [u8],
    names_len: usize,
    rest: &'a [u8],
}

impl<'a> Entries<'a> {
    /// The names of the fields that the first entry had.
    pub fn names(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut names = self.names;
        (0..self.names_len).map_while(move |_| leb128::take_bytes(&mut names))
    }

    fn decode(&self, rest: &mut &'a [u8]) -> Option<StreamEntry<'a>> {
        let (ms, is_same) = take_flagged(rest)?;
        let seq = leb128::take(rest)?;
        let id = match ms {
            0 => StreamId::new(self.base.ms, self.base.seq.checked_add(seq)?),
            ms => StreamId::new(self.base.ms.checked_add(ms)?, seq),
        };
        let left = if is_same { self.names_len } else { usize::try_from(leb128::take(rest)?).ok()? };
        let fields = Fields { names: is_same.then_some(self.names), rest, left };
        for _ in 0..if is_same { left } else { left.checked_mul(2)? } {
            leb128::take_bytes(rest)?;
        }
        Some(StreamEntry { id, fields })
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = StreamEntry<'a>;

    fn next(&mut self) -> Option<StreamEntry<'a>> {
        let mut rest = self.rest;
        let entry = self.decode(&mut rest)?;
        self.rest = rest;
        Some(entry)
    }
}

/// Bytes of a number in a listpack: it is one of 64 bits with a sign there.
fn number_size(number: u64) -> usize {
    listpack::integer_len(number as i64)
}

/// A number with a bit below it.
pub(super) fn put_flagged(out: &mut Vec<u8>, number: u64, flag: bool) {
    let first = (number as u8 & 0x3F) << 1 | u8::from(flag);
    match number >> 6 {
        0 => out.push(first),
        rest => {
            out.push(first | 0x80);
            leb128::put(out, rest);
        }
    }
}

fn take_flagged(rest: &mut &[u8]) -> Option<(u64, bool)> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    let low = u64::from(first >> 1 & 0x3F);
    let high = if first & 0x80 == 0 { 0 } else { leb128::take(rest)? };
    let number = if high >> 58 == 0 { high << 6 | low } else { return None };
    Some((number, first & 1 == 1))
}
