//! Members and scores of a small sorted set in one allocation, in order: the number of members, then each behind its length, with its
//! score behind it; of none at all, no bytes. Numbers are LEB128.
//!
//! A score is a number whose two low bits say what it is:
//! - 0: a whole number between -2^53 and 2^53, the zigzag of which are the other bits. -0 becomes 0, as in Redis's list.
//! - 1: four bytes of a single-precision number follow. 2: eight bytes of a double follow. Their other bits are 0.

use std::ops::Range;

use super::{Element, precedes};
use crate::store::leb128;

/// Whole numbers up to here are kept as such.
const WHOLE_MAX: f64 = (1u64 << 53) as f64;

const WHOLE: u64 = 0;
const SINGLE: u64 = 1;
const DOUBLE: u64 = 2;

#[derive(Clone, Default, PartialEq)]
pub(super) struct Packed(Box<[u8]>);

/// Where an element stands.
pub(super) struct Place {
    /// How many are in front of it.
    pub index: usize,
    /// Its bytes.
    bytes: Range<usize>,
    pub score: f64,
}

impl Packed {
    /// Elements in order.
    pub(super) fn from_sorted<'a>(elements: impl ExactSizeIterator<Item = Element<'a>>) -> Self {
        if elements.len() == 0 {
            return Self::default();
        }
        let mut bytes = Vec::new();
        leb128::put(&mut bytes, elements.len() as u64);
        for (member, score) in elements {
            encode(&mut bytes, member, score);
        }
        Self(bytes.into())
    }

    pub(super) fn len(&self) -> usize {
        leb128::take(&mut &*self.0).unwrap_or(0) as usize
    }

    pub(super) fn memory(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        let mut rest = &*self.0;
        let left = leb128::take(&mut rest).unwrap_or(0) as usize;
        Iter { rest, left }
    }

    pub(super) fn find(&self, member: &[u8]) -> Option<Place> {
        let mut iter = self.iter();
        let mut index = 0;
        loop {
            let start = self.0.len() - iter.rest.len();
            let (present, score) = iter.next()?;
            if present == member {
                return Some(Place { index, bytes: start..self.0.len() - iter.rest.len(), score });
            }
            index += 1;
        }
    }

    /// Adds a member that is not there.
    pub(super) fn insert(&mut self, member: &[u8], score: f64) {
        let mut iter = self.iter();
        let mut at = self.0.len() - iter.rest.len();
        while iter.next().is_some_and(|present| precedes(present, (member, score))) {
            at = self.0.len() - iter.rest.len();
        }
        let mut element = Vec::new();
        encode(&mut element, member, score);
        self.splice(at..at, &element, self.len() + 1);
    }

    pub(super) fn remove(&mut self, place: Place) {
        self.splice(place.bytes, &[], self.len().saturating_sub(1));
    }

    pub(super) fn remove_range(&mut self, places: Range<usize>) {
        let mut iter = self.iter();
        let mut offset = |count: usize| {
            let _ = count.checked_sub(1).and_then(|last| iter.nth(last));
            self.0.len() - iter.rest.len()
        };
        let start = offset(places.start);
        let end = offset(places.len());
        self.splice(start..end, &[], self.len().saturating_sub(places.len()));
    }

    /// Puts `new` in the place of some bytes, and another number of members in front: one allocation of the right size.
    fn splice(&mut self, old: Range<usize>, new: &[u8], len: usize) {
        if len == 0 {
            *self = Self::default();
            return;
        }
        let mut head = Vec::with_capacity(leb128::LEN_MAX);
        leb128::put(&mut head, len as u64);
        let mut rest = &*self.0;
        leb128::take(&mut rest);
        let begin = self.0.len() - rest.len();
        let before = self.0.get(begin..old.start).unwrap_or_default();
        let after = self.0.get(old.end..).unwrap_or_default();
        self.0 = [&*head, before, new, after].concat().into();
    }
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[derive(Clone)]
pub(super) struct Iter<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        self.left = self.left.checked_sub(1)?;
        let member = leb128::take_bytes(&mut self.rest)?;
        Some((member, take_score(&mut self.rest)?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

fn encode(out: &mut Vec<u8>, member: &[u8], score: f64) {
    leb128::put_bytes(out, member);
    let single = score as f32;
    if score.abs() <= WHOLE_MAX && score.fract() == 0.0 {
        let whole = score as i64;
        leb128::put(out, ((whole << 1) ^ (whole >> 63)) as u64 * 4 + WHOLE);
    } else if f64::from(single) == score {
        leb128::put(out, SINGLE);
        out.extend_from_slice(&single.to_le_bytes());
    } else {
        leb128::put(out, DOUBLE);
        out.extend_from_slice(&score.to_le_bytes());
    }
}

fn take_score(rest: &mut &[u8]) -> Option<f64> {
    let code = leb128::take(rest)?;
    match code & 3 {
        WHOLE => {
            let zigzag = code >> 2;
            Some(((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)) as f64)
        }
        SINGLE => Some(f64::from(f32::from_le_bytes(take(rest, 4)?.try_into().ok()?))),
        _ => Some(f64::from_le_bytes(take(rest, 8)?.try_into().ok()?)),
    }
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_come_back_and_are_short_if_they_are_simple() {
        for (score, size) in [
            (0.0, 1),
            (15.0, 1),
            (-16.0, 1),
            (16.0, 2),
            (1_790_000_000.0, 5),
            (WHOLE_MAX, 9),
            (-WHOLE_MAX, 8),
            (WHOLE_MAX + 2.0, 9),
            (WHOLE_MAX * 4.0, 5),
            (0.5, 5),
            (-1e-40, 9),
            (0.1, 9),
            (f64::MAX, 9),
            (f64::MIN_POSITIVE / 4.0, 9),
            (f64::INFINITY, 5),
            (f64::NEG_INFINITY, 5),
        ] {
            let mut bytes = Vec::new();
            encode(&mut bytes, b"", score);
            assert_eq!(bytes.len(), 1 + size, "{score}");
            let mut rest = &bytes[1..];
            assert_eq!(take_score(&mut rest).map(f64::to_bits), Some(score.to_bits()));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn negative_zero_becomes_zero_as_in_the_list_of_redis() {
        let packed = Packed::from_sorted([(&b"m"[..], -0.0)].into_iter());
        assert_eq!(packed.iter().next().map(|(_, score)| score.to_bits()), Some(0));
    }
}
