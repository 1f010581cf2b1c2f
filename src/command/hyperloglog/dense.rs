//! The dense form: six bits for each register, the lowest ones of a byte first.

use super::registers::{COUNT, Histogram};

/// Bytes of all registers.
pub(super) const LEN: usize = COUNT * 6 / 8;

/// A register.
pub(super) fn get(registers: &[u8], index: usize) -> u8 {
    let (at, shift) = (index * 6 / 8, index * 6 % 8);
    let byte = |at: usize| u16::from(registers.get(at).copied().unwrap_or(0));
    ((byte(at) | byte(at + 1) << 8) >> shift & 63) as u8
}

/// Sets a register.
pub(super) fn set(registers: &mut [u8], index: usize, value: u8) {
    let (at, shift) = (index * 6 / 8, index * 6 % 8);
    let (value, mask) = (u16::from(value & 63) << shift, 63u16 << shift);
    for (at, value, mask) in [(at, value as u8, mask as u8), (at + 1, (value >> 8) as u8, (mask >> 8) as u8)] {
        if let Some(byte) = registers.get_mut(at) {
            *byte = *byte & !mask | value;
        }
    }
}

/// All registers.
pub(super) fn values(registers: &[u8]) -> impl Iterator<Item = u8> {
    // Three bytes are four registers.
    registers.as_chunks::<3>().0.iter().flat_map(|[a, b, c]| {
        let word = u32::from(*a) | u32::from(*b) << 8 | u32::from(*c) << 16;
        [0, 6, 12, 18].map(|shift| (word >> shift & 63) as u8)
    })
}

/// See [`Histogram`].
pub(super) fn histogram(registers: &[u8]) -> Histogram {
    let mut histogram = [0; 64];
    for value in values(registers) {
        if let Some(count) = histogram.get_mut(usize::from(value)) {
            *count += 1;
        }
    }
    histogram
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_are_set_beside_each_other() {
        let mut registers = vec![0; LEN];
        let value = |index: usize| (index * 7 % 64) as u8;
        (0..COUNT).for_each(|index| set(&mut registers, index, 63));
        (0..COUNT).rev().for_each(|index| set(&mut registers, index, value(index)));
        assert!((0..COUNT).all(|index| get(&registers, index) == value(index)));
        assert!(values(&registers).enumerate().all(|(index, found)| found == value(index)));
        assert_eq!(values(&registers).count(), COUNT);
    }
}
