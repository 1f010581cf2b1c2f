//! A ziplist, which Redis wrote before 7: its length and the place of the last element (four bytes each), the number of elements (two), the
//! elements, 255. In front of each stands the length of the one before it.

use super::intset::little_endian;
use crate::rdb::string::{array, take};

const END: u8 = 255;
const LONG: u8 = 254;
/// The number of elements does not fit into two bytes.
const UNCOUNTED: u16 = u16::MAX;

/// Gives each element.
pub fn each(blob: &[u8], mut each: impl FnMut(&[u8]) -> Option<()>) -> Option<()> {
    let mut rest = blob;
    let len = u32::from_le_bytes(array(&mut rest)?);
    let tail = u32::from_le_bytes(array(&mut rest)?) as usize;
    let count = u16::from_le_bytes(array(&mut rest)?);
    if len as usize != blob.len() {
        return None;
    }
    let (mut found, mut before, mut last) = (0usize, 0, blob.len() - rest.len());
    loop {
        let start = blob.len() - rest.len();
        let first = u8::from_le_bytes(array(&mut rest)?);
        if first == END {
            let is_counted = count == UNCOUNTED || usize::from(count) == found;
            return (rest.is_empty() && is_counted && tail == last).then_some(());
        }
        found += 1;
        let length_before = if first == LONG { u32::from_le_bytes(array(&mut rest)?) as usize } else { first.into() };
        if length_before != before {
            return None;
        }
        let kind = u8::from_le_bytes(array(&mut rest)?);
        let number = match kind {
            0xc0 => Some(little_endian(take(&mut rest, 2)?)),
            0xd0 => Some(little_endian(take(&mut rest, 4)?)),
            0xe0 => Some(little_endian(take(&mut rest, 8)?)),
            0xf0 => Some(little_endian(take(&mut rest, 3)?)),
            0xfe => Some(little_endian(take(&mut rest, 1)?)),
            0xf1..=0xfd => Some(i64::from(kind & 0xf) - 1),
            _ => None,
        };
        match number {
            Some(number) => each(itoa::Buffer::new().format(number).as_bytes())?,
            None => {
                let len = match kind >> 6 {
                    0 => usize::from(kind & 0x3f),
                    1 => usize::from(kind & 0x3f) << 8 | usize::from(u8::from_le_bytes(array(&mut rest)?)),
                    2 => u32::from_be_bytes(array(&mut rest)?) as usize,
                    _ => return None,
                };
                each(take(&mut rest, len)?)?;
            }
        }
        last = start;
        before = blob.len() - rest.len() - start;
    }
}
