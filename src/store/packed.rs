//! Elements in one allocation: a head with two counts, then each element between two copies of its length (LEB128; behind the element its
//! bytes are in reverse), so that it is read from both ends.

use super::{leb128, listpack};

/// One of the ends of a row of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Before the first element.
    Head,
    /// Behind the last element.
    Tail,
}

/// Number of elements, and bytes that Redis's form of the elements takes: 4 bytes each.
pub(super) const HEAD_LEN: usize = 8;

/// Some elements; without any there is no allocation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Packed(Box<[u8]>);

impl Packed {
    /// The same elements one after the other.
    pub(super) fn from_elements(elements: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let (mut bytes, mut len, mut size) = (vec![0; HEAD_LEN], 0, 0);
        for element in elements {
            encode(&mut bytes, element.as_ref());
            len += 1;
            size += listpack::element_len(element.as_ref());
        }
        let mut packed = Self::default();
        packed.store(bytes, len, size);
        packed
    }

    pub(super) fn len(&self) -> usize {
        self.counts().0
    }

    /// Bytes of Redis's form of the same elements: what its limits are about.
    pub(super) fn listpack_len(&self) -> usize {
        listpack::EMPTY_LEN + self.counts().1
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        Iter { rest: self.elements() }
    }

    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        decode(&mut self.elements().get(self.offset(index)..)?)
    }

    /// Puts an element in front of the one at `index`, or behind all.
    pub(super) fn insert(&mut self, index: usize, element: &[u8]) {
        let at = HEAD_LEN + self.offset(index);
        let (len, size) = self.counts();
        let mut bytes = Vec::from(std::mem::take(&mut self.0));
        let added = encoded_len(element);
        if bytes.is_empty() {
            bytes.reserve_exact(HEAD_LEN + added);
            bytes.resize(HEAD_LEN, 0);
        }
        bytes.reserve_exact(added);
        encode(&mut bytes, element);
        if let Some(behind) = bytes.get_mut(at..) {
            behind.rotate_right(added);
        }
        self.store(bytes, len + 1, size + listpack::element_len(element));
    }

    pub(super) fn push(&mut self, end: End, element: &[u8]) {
        let at = if end == End::Head { 0 } else { self.len() };
        self.insert(at, element);
    }

    /// Puts another element in the place of the one at `index`.
    pub(super) fn set(&mut self, index: usize, element: &[u8]) {
        self.remove(index, 1);
        self.insert(index, element);
    }

    /// Removes `count` elements from `index` on, or all that are there.
    pub(super) fn remove(&mut self, index: usize, count: usize) {
        let (len, size) = self.counts();
        let count = count.min(len.saturating_sub(index));
        let range = HEAD_LEN + self.offset(index)..HEAD_LEN + self.offset(index + count);
        let removed = Iter { rest: self.0.get(range.clone()).unwrap_or_default() };
        let removed_size: usize = removed.map(listpack::element_len).sum();
        let mut bytes = Vec::from(std::mem::take(&mut self.0));
        if range.end <= bytes.len() {
            bytes.drain(range);
        }
        self.store(bytes, len - count, size - removed_size);
    }

    /// Removes up to `count` elements that are equal to `element`, those next to `end` first: how many there were.
    pub(super) fn remove_equal(&mut self, element: &[u8], end: End, count: usize) -> usize {
        let equal = self.iter().filter(|present| *present == element).count();
        let removed = equal.min(count);
        if removed == 0 {
            return 0;
        }
        // Counted from the head: the first so many stay.
        let mut staying = if end == End::Head { 0 } else { equal - removed };
        let mut left = removed;
        *self = Self::from_elements(self.iter().filter(|present| {
            if *present != element || left == 0 {
                return true;
            }
            let stays = staying > 0;
            staying -= usize::from(stays);
            left -= usize::from(!stays);
            stays
        }));
        removed
    }

    /// Cuts in front of the element at `index`: what is from there on.
    pub(super) fn split_off(&mut self, index: usize) -> Self {
        let tail = Self::from_elements(Iter { rest: self.elements().get(self.offset(index)..).unwrap_or_default() });
        self.remove(index, usize::MAX - index);
        tail
    }

    /// Puts the elements of another behind its own.
    pub(super) fn append(&mut self, other: &Self) {
        let ((len, size), (other_len, other_size)) = (self.counts(), other.counts());
        if len == 0 {
            *self = other.clone();
            return;
        }
        let mut bytes = Vec::from(std::mem::take(&mut self.0));
        bytes.reserve_exact(other.elements().len());
        bytes.extend_from_slice(other.elements());
        self.store(bytes, len + other_len, size + other_size);
    }

    /// Checks the counts.
    pub(super) fn validate(&self) -> Result<(), String> {
        let counted = (self.iter().count(), self.iter().map(listpack::element_len).sum());
        let backwards = self.iter().rev().count();
        if counted != self.counts() || backwards != counted.0 || self.0.is_empty() != (counted.0 == 0) {
            return Err(format!("{counted:?} elements and bytes, {backwards} backwards, held {:?}", self.counts()));
        }
        Ok(())
    }

    fn elements(&self) -> &[u8] {
        self.0.get(HEAD_LEN..).unwrap_or_default()
    }

    /// Elements, and bytes of Redis's form of them.
    fn counts(&self) -> (usize, usize) {
        let number = |at: usize| self.0.get(at..).and_then(|rest| rest.first_chunk()).copied().map(u32::from_le_bytes);
        (number(0).unwrap_or_default() as usize, number(4).unwrap_or_default() as usize)
    }

    fn store(&mut self, mut bytes: Vec<u8>, len: usize, size: usize) {
        if len == 0 {
            self.0 = Box::default();
            return;
        }
        for (place, number) in bytes.chunks_exact_mut(4).zip([len, size]) {
            place.copy_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
        }
        self.0 = bytes.into_boxed_slice();
    }

    /// Where the element at `index` begins among the elements, or where they end; found from the end that is nearer.
    fn offset(&self, index: usize) -> usize {
        let (len, elements) = (self.len(), self.elements());
        if index >= len {
            return elements.len();
        }
        let mut iter = self.iter();
        if index <= len / 2 {
            iter.by_ref().take(index).for_each(drop);
            return elements.len() - iter.rest.len();
        }
        iter.by_ref().rev().take(len - index).for_each(drop);
        iter.rest.len()
    }
}

#[derive(Clone, Default)]
pub struct Iter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        decode(&mut self.rest)
    }
}

impl<'a> DoubleEndedIterator for Iter<'a> {
    fn next_back(&mut self) -> Option<&'a [u8]> {
        decode_back(&mut self.rest)
    }
}

/// Bytes that an element takes.
pub(super) fn encoded_len(element: &[u8]) -> usize {
    leb128::bytes_len(element) + leb128::len(element.len() as u64)
}

fn encode(out: &mut Vec<u8>, element: &[u8]) {
    let start = out.len();
    leb128::put(out, element.len() as u64);
    let length_len = out.len() - start;
    out.extend_from_slice(element);
    for at in (start..start + length_len).rev() {
        let byte = out.get(at).copied().unwrap_or_default();
        out.push(byte);
    }
}

/// Takes the element at the start of `rest` off; None at the end.
fn decode<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut behind = *rest;
    let element = leb128::take_bytes(&mut behind)?;
    let length_len = rest.len() - behind.len() - element.len();
    *rest = behind.get(length_len..)?;
    Some(element)
}

/// The same at the end of `rest`.
fn decode_back<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, length_len) = leb128::read(rest.iter().rev())?;
    let length = usize::try_from(length).ok()?;
    let start = rest.len().checked_sub(length.checked_add(2 * length_len)?)?;
    let (before, entry) = rest.split_at_checked(start)?;
    *rest = before;
    entry.get(length_len..)?.get(..length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_any_length_come_back_from_both_ends() {
        let elements: Vec<Vec<u8>> =
            [0, 1, 127, 128, 129, 16383, 16384, 2_097_152].iter().map(|length| vec![0x81; *length]).collect();
        let packed = Packed::from_elements(&elements);
        packed.validate().unwrap();
        assert!(packed.iter().eq(elements.iter()));
        assert!(packed.iter().rev().eq(elements.iter().rev()));
        let size: usize = elements.iter().map(|element| encoded_len(element)).sum();
        assert_eq!(packed.bytes(), HEAD_LEN + size);
        for (index, element) in elements.iter().enumerate() {
            assert_eq!(packed.get(index), Some(element.as_slice()), "{index}");
        }
        assert_eq!(packed.get(elements.len()), None);
    }
}
