//! Fields and values of a small hash in one allocation: each string behind its length (LEB128: 7 bits per byte, low
//! ones first), a value behind its field. Compact, quick to copy, and searched in one sweep over memory.

use super::FieldValue;

/// Longest form of a length.
const LENGTH_MAX: usize = usize::BITS.div_ceil(7) as usize;

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
            self.bytes.reserve_exact(encoded_len(field) + encoded_len(value));
            self.push(field, value);
            return true;
        };
        let after = self.bytes.split_off(place.end);
        self.bytes.truncate(place.value);
        self.bytes.reserve_exact(encoded_len(value) + after.len());
        encode(&mut self.bytes, value);
        self.bytes.extend_from_slice(&after);
        self.shrink();
        false
    }

    /// Adds a field that is not there.
    pub(super) fn push(&mut self, field: &[u8], value: &[u8]) {
        encode(&mut self.bytes, field);
        encode(&mut self.bytes, value);
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
            let present = decode(&mut rest)?;
            let value = self.bytes.len() - rest.len();
            decode(&mut rest)?;
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
        Some((decode(&mut self.rest)?, decode(&mut self.rest)?))
    }
}

fn encoded_len(string: &[u8]) -> usize {
    let bits = usize::BITS - (string.len() | 1).leading_zeros();
    bits.div_ceil(7) as usize + string.len()
}

fn encode(out: &mut Vec<u8>, string: &[u8]) {
    let mut length = string.len();
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(string);
}

/// Takes the string at the start of `rest` off; None at the end.
fn decode<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut length = 0;
    for shift in 0..LENGTH_MAX {
        let (byte, tail) = rest.split_first()?;
        *rest = tail;
        length |= usize::from(byte & 0x7F) << (7 * shift);
        if byte & 0x80 == 0 {
            break;
        }
    }
    let (string, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_any_length_come_back() {
        for length in [0, 1, 127, 128, 129, 16383, 16384, 2_097_152] {
            let string = vec![7; length];
            let mut out = Vec::new();
            encode(&mut out, &string);
            assert_eq!(out.len(), encoded_len(&string), "{length}");
            out.push(9);
            let mut rest = out.as_slice();
            assert_eq!(decode(&mut rest), Some(string.as_slice()), "{length}");
            assert_eq!(rest, [9]);
        }
    }
}
