//! Integers in ascending order in one allocation, each as wide as the widest needs: 2, 4 or 8 bytes.

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ints {
    bytes: Vec<u8>,
    width: usize,
}

impl Default for Ints {
    fn default() -> Self {
        Self { bytes: Vec::new(), width: 2 }
    }
}

impl Ints {
    /// The same integers, which have to rise.
    pub(super) fn from_sorted(integers: &[i64]) -> Self {
        let ends = [integers.first(), integers.last()].into_iter().flatten();
        let width = ends.map(|integer| width_of(*integer)).max().unwrap_or(2);
        let mut bytes = Vec::with_capacity(integers.len() * width);
        for integer in integers {
            bytes.extend(integer.to_le_bytes().iter().take(width));
        }
        Self { bytes, width }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() / self.width
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity()
    }

    pub(super) fn get(&self, index: usize) -> Option<i64> {
        let at = index.checked_mul(self.width)?;
        self.bytes.get(at..at.checked_add(self.width)?).map(read)
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        Iter { bytes: &self.bytes, width: self.width }
    }

    pub(super) fn contains(&self, integer: i64) -> bool {
        self.find(integer).is_ok()
    }

    /// Adds an integer: true if it is new.
    pub(super) fn insert(&mut self, integer: i64) -> bool {
        let Err(index) = self.find(integer) else { return false };
        let width = width_of(integer);
        if width > self.width {
            let mut all: Vec<i64> = self.iter().collect();
            all.insert(index, integer);
            *self = Self::from_sorted(&all);
            return true;
        }
        let at = index * self.width;
        self.bytes.reserve_exact(self.width);
        self.bytes.splice(at..at, integer.to_le_bytes().into_iter().take(self.width));
        true
    }

    pub(super) fn remove(&mut self, integer: i64) -> bool {
        let Ok(index) = self.find(integer) else { return false };
        let at = index * self.width;
        self.bytes.drain(at..at + self.width);
        self.bytes.shrink_to_fit();
        // The width is that of the widest still, so that it is a function of the members: only one at an end can have been it.
        if self.width_of_ends() < self.width {
            *self = Self::from_sorted(&self.iter().collect::<Vec<_>>());
        }
        true
    }

    fn ends(&self) -> impl Iterator<Item = i64> {
        [self.iter().next(), self.len().checked_sub(1).and_then(|last| self.get(last))].into_iter().flatten()
    }

    fn width_of_ends(&self) -> usize {
        self.ends().map(width_of).max().unwrap_or(2)
    }

    /// The longest text of one of them.
    pub(super) fn longest_text(&self) -> usize {
        self.ends().map(|integer| itoa::Buffer::new().format(integer).len()).max().unwrap_or_default()
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        if self.width != self.width_of_ends() || !self.bytes.len().is_multiple_of(self.width) {
            return Err(format!("{} bytes of integers of {} bytes", self.bytes.len(), self.width));
        }
        if self.iter().is_sorted_by(|a, b| a < b) { Ok(()) } else { Err("integers that do not rise".into()) }
    }

    /// The place of an integer, or where it would be.
    fn find(&self, integer: i64) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).map(|present| present.cmp(&integer)) {
                Some(std::cmp::Ordering::Less) => low = middle + 1,
                Some(std::cmp::Ordering::Equal) => return Ok(middle),
                _ => high = middle,
            }
        }
        Err(low)
    }
}

fn width_of(integer: i64) -> usize {
    if i16::try_from(integer).is_ok() {
        2
    } else if i32::try_from(integer).is_ok() {
        4
    } else {
        8
    }
}

/// An integer of 2, 4 or 8 bytes, low ones first.
fn read(bytes: &[u8]) -> i64 {
    let mut whole = [0; 8];
    for (place, byte) in whole.iter_mut().zip(bytes) {
        *place = *byte;
    }
    let unused = 64 - 8 * bytes.len() as u32;
    (i64::from_le_bytes(whole) << unused) >> unused
}

#[derive(Clone)]
pub struct Iter<'a> {
    bytes: &'a [u8],
    width: usize,
}

impl Iterator for Iter<'_> {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        let (integer, rest) = self.bytes.split_at_checked(self.width)?;
        self.bytes = rest;
        Some(read(integer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_width_are_sorted_and_found() {
        let all = [i64::MIN, -3_000_000_000, -40_000, -32_768, -1, 0, 5, 32_767, 32_768, 1 << 31, i64::MAX];
        for count in 1..all.len() {
            for skipped in 0..all.len() - count {
                let some = &all[skipped..skipped + count];
                let mut ints = Ints::default();
                // Not in their order.
                for integer in some.iter().rev().step_by(2).chain(some.iter().rev().skip(1).step_by(2)) {
                    assert!(ints.insert(*integer) && !ints.insert(*integer));
                    ints.validate().unwrap();
                }
                assert!(ints.iter().eq(some.iter().copied()));
                assert!(some.iter().all(|integer| ints.contains(*integer)));
                assert_eq!(ints.get(count), None);
                for integer in some {
                    assert!(ints.remove(*integer) && !ints.remove(*integer) && !ints.contains(*integer));
                }
                assert_eq!(ints.len(), 0);
            }
        }
    }
}
