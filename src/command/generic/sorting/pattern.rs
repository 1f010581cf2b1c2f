//! The patterns of BY and GET: keys, or fields of hashes, with an element in their names.
//!
//! Invariant: what one command looks up has together no more bytes than `proto-max-bulk-len`: any number of elements, and of patterns, may
//! name the same long string. That counts before anything is copied.

use std::cell::Cell;

use bytes::Bytes;

use super::Element;
use crate::error::ReplyError;
use crate::store::{Hash, Kind, LiveHash, Str, View, units_of_bytes};

/// What a part of the result takes at least, also if nothing was found (bytes).
const PART_SIZE: usize = 32;
const TOO_MUCH: ReplyError = ReplyError::new("ERR Insufficient memory, what SORT looks up exceeds proto-max-bulk-len");

/// What a pattern stands for.
pub enum Pattern<'a> {
    /// `#`: the element itself.
    Itself,
    /// `a*b`: the string at the key with the element in the place of the asterisk; `a*b->c`: a field of the hash there.
    At { prefix: &'a [u8], postfix: &'a [u8], field: Option<&'a [u8]> },
    /// Without an asterisk there is nothing to be found.
    Nothing,
}

impl<'a> Pattern<'a> {
    pub fn read(pattern: &'a [u8]) -> Self {
        if pattern == b"#" {
            return Self::Itself;
        }
        let Some(asterisk) = pattern.iter().position(|byte| *byte == b'*') else { return Self::Nothing };
        let (prefix, behind) = pattern.split_at(asterisk);
        let behind = behind.get(1..).unwrap_or_default();
        let arrow = behind.windows(2).position(|two| two == b"->").filter(|arrow| arrow + 2 < behind.len());
        let (postfix, field) = match arrow {
            Some(arrow) => (behind.get(..arrow).unwrap_or_default(), behind.get(arrow + 2..)),
            None => (behind, None),
        };
        Self::At { prefix, postfix, field }
    }

    /// Bytes of the names that are made for an element of `len` bytes.
    fn name_len(&self, len: usize) -> usize {
        match self {
            Self::At { prefix, postfix, field } => prefix.len() + len + postfix.len() + field.map_or(0, <[u8]>::len),
            Self::Itself | Self::Nothing => 0,
        }
    }
}

/// What one command looks up.
pub struct Lookups<'v, 'a> {
    view: &'v View<'a>,
    /// Bytes that it may still have.
    left: Cell<u64>,
}

impl<'v, 'a> Lookups<'v, 'a> {
    pub fn new(view: &'v View<'a>) -> Self {
        Self { view, left: Cell::new(view.state().options.bulk_len_max) }
    }

    /// What an element is sorted by; None if there is nothing.
    ///
    /// # Errors
    /// It would be too much.
    pub fn weight(&self, by: &Pattern<'_>, element: &Element) -> Result<Option<Bytes>, ReplyError> {
        self.look_up(by, element, 0)
    }

    /// What is shown of an element; None if there is nothing.
    ///
    /// # Errors
    /// It would be too much.
    pub fn part(&self, get: &Pattern<'_>, element: &Element) -> Result<Option<Bytes>, ReplyError> {
        self.look_up(get, element, PART_SIZE)
    }

    fn look_up(&self, pattern: &Pattern<'_>, element: &Element, size: usize) -> Result<Option<Bytes>, ReplyError> {
        let name_len = pattern.name_len(element.len());
        let size = size.max(name_len);
        self.add(size)?;
        let more = |found: usize| self.add(found.saturating_sub(size));
        let Pattern::At { prefix, postfix, field } = pattern else {
            let Pattern::Itself = pattern else { return Ok(None) };
            more(element.len())?;
            return Ok(Some(element.clone()));
        };
        let Some(entry) = self.view.get(&[prefix, element.as_ref(), postfix].concat()) else { return Ok(None) };
        if let Some(field) = field {
            let Some(hash) = Hash::of(entry.value()) else { return Ok(None) };
            self.view.work(hash.lookup_units())?;
            let Some(found) = LiveHash::new(self.view, hash).get(field) else { return Ok(None) };
            more(found.len())?;
            return Ok(Some(Bytes::copy_from_slice(found)));
        }
        let Some(found) = Str::of(entry.value()) else { return Ok(None) };
        more(found.len())?;
        Ok(Some(found.to_bytes()))
    }

    /// Counts what is looked up, as work too.
    fn add(&self, bytes: usize) -> Result<(), ReplyError> {
        self.view.work(units_of_bytes(bytes))?;
        self.left.set(self.left.get().checked_sub(bytes as u64).ok_or(TOO_MUCH)?);
        Ok(())
    }
}
