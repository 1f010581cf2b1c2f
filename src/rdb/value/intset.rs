//! An intset: width and number (four bytes each), and so many integers, ascending.

use crate::rdb::string::{array, take};

/// Gives each integer as text.
pub fn each(blob: &[u8], mut each: impl FnMut(&[u8]) -> Option<()>) -> Option<()> {
    let mut rest = blob;
    let width = u32::from_le_bytes(array(&mut rest)?) as usize;
    let count = u32::from_le_bytes(array(&mut rest)?) as usize;
    if !matches!(width, 2 | 4 | 8) || rest.len() != count.checked_mul(width)? {
        return None;
    }
    let mut before = None;
    while !rest.is_empty() {
        let integer = little_endian(take(&mut rest, width)?);
        if before.is_some_and(|before| before >= integer) {
            return None;
        }
        before = Some(integer);
        each(itoa::Buffer::new().format(integer).as_bytes())?;
    }
    Some(())
}

/// An integer of up to eight bytes, with its sign.
pub fn little_endian(bytes: &[u8]) -> i64 {
    let number = bytes.iter().rev().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    let spare = 64 - 8 * bytes.len().clamp(1, 8) as u32;
    (number << spare) as i64 >> spare
}
