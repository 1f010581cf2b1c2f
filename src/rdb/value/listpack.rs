//! A listpack: its length (four bytes), the number of elements (two), the elements, 255. Behind each element stands its length, to be read
//! from behind.

use super::intset::little_endian;
use crate::rdb::string::{array, take};

const END: u8 = 255;
/// The number of elements does not fit into two bytes.
const UNCOUNTED: u16 = u16::MAX;

/// Gives each element.
pub fn each(blob: &[u8], mut each: impl FnMut(&[u8]) -> Option<()>) -> Option<()> {
    let mut rest = blob;
    let len = u32::from_le_bytes(array(&mut rest)?);
    let count = u16::from_le_bytes(array(&mut rest)?);
    if len as usize != blob.len() {
        return None;
    }
    let mut found = 0usize;
    loop {
        let before = rest;
        let first = u8::from_le_bytes(array(&mut rest)?);
        if first == END {
            let is_counted = count == UNCOUNTED || usize::from(count) == found;
            return (rest.is_empty() && is_counted).then_some(());
        }
        found += 1;
        let number = match first {
            0..0x80 => Some(i64::from(first)),
            0xc0..0xe0 => {
                let low = u8::from_le_bytes(array(&mut rest)?);
                let number = i64::from(first & 0x1f) << 8 | i64::from(low);
                Some(if number < 1 << 12 { number } else { number - (1 << 13) })
            }
            0xf1 => Some(little_endian(take(&mut rest, 2)?)),
            0xf2 => Some(little_endian(take(&mut rest, 3)?)),
            0xf3 => Some(little_endian(take(&mut rest, 4)?)),
            0xf4 => Some(little_endian(take(&mut rest, 8)?)),
            _ => None,
        };
        match number {
            Some(number) => each(itoa::Buffer::new().format(number).as_bytes())?,
            None => {
                let len = match first {
                    0x80..0xc0 => usize::from(first & 0x3f),
                    0xe0..0xf0 => usize::from(first & 0xf) << 8 | usize::from(u8::from_le_bytes(array(&mut rest)?)),
                    0xf0 => u32::from_le_bytes(array(&mut rest)?) as usize,
                    _ => return None,
                };
                each(take(&mut rest, len)?)?;
            }
        }
        length_behind(before.len() - rest.len(), &mut rest)?;
    }
}

/// Takes the length that stands behind an element of `len` bytes; None if it is another.
fn length_behind(len: usize, rest: &mut &[u8]) -> Option<()> {
    let bytes = match len {
        0..128 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    };
    for (at, byte) in take(rest, bytes)?.iter().enumerate() {
        let part = (len >> (7 * (bytes - 1 - at))) as u8 & 0x7f;
        if *byte != if at == 0 { part } else { part | 0x80 } {
            return None;
        }
    }
    Some(())
}
