//! Fields and values of a small hash in one allocation: each string behind its length, a value behind its field. Compact,
//! quick to copy, and searched in one sweep over memory.

use super::FieldValue;
use crate::store::leb128;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Packed {
    bytes: Vec<u8>,
    len: usize,
}

/// Offsets of a pair: of the field, of the value (both with their length), and behind it.
struct Place {
    field: usize,
    value: usize,
    end: usize,
}

impl Packed {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes of all fields and values, with their lengths.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        Iter { rest: &self.bytes }
    }

    pub(super) fn get(&self, field: &[u8]) -> Option<&[u8]> {
        self.iter().find(|(present, _)| *present == field).map(|(_, value)| value)
    }

    /// Sets a field in its place, or at the end: true if it is new.
    pub(super) fn set(&mut self, field: &[u8], value: &[u8]) -> bool {
        let Some(place) = self.find(field) else {
            self.bytes.reserve_exact(leb128::bytes_len(field) + leb128::bytes_len(value));
            self.push(field, value);
            return true;
        };
        let after = self.bytes.split_off(place.end);
        self.bytes.truncate(place.value);
        self.bytes.reserve_exact(leb128::bytes_len(value) + after.len());
        leb128::put_bytes(&mut self.bytes, value);
        self.bytes.extend_from_slice(&after);
        self.shrink();
        false
    }

    /// Adds a field that is not there.
    pub(super) fn push(&mut self, field: &[u8], value: &[u8]) {
        leb128::put_bytes(&mut self.bytes, field);
        leb128::put_bytes(&mut self.bytes, value);
        self.len += 1;
    }

    pub(super) fn remove(&mut self, field: &[u8]) -> bool {
        let Some(place) = self.find(field) else { return false };
        self.bytes.drain(place.field..place.end);
        self.len -= 1;
        self.shrink();
        true
    }

    /// Gives back what is not used.
    pub(super) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
    }

    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity()
    }

    fn find(&self, field: &[u8]) -> Option<Place> {
        let mut rest = self.bytes.as_slice();
        loop {
            let at = self.bytes.len() - rest.len();
            let present = leb128::take_bytes(&mut rest)?;
            let value = self.bytes.len() - rest.len();
            leb128::take_bytes(&mut rest)?;
            if present == field {
                return Some(Place { field: at, value, end: self.bytes.len() - rest.len() });
            }
        }
    }
}

#[derive(Clone)]
pub struct Iter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = FieldValue<'a>;

    fn next(&mut self) -> Option<FieldValue<'a>> {
        Some((leb128::take_bytes(&mut self.rest)?, leb128::take_bytes(&mut self.rest)?))
    }
}
