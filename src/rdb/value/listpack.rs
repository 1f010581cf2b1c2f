//! A listpack: its length (four bytes), the number of elements (two), the elements, 255. Behind each element stands its length, to be read
//! from behind.

use super::intset::little_endian;
use crate::protocol::parse_i64;
use crate::rdb::string::{array, take};

/// Bytes of the two numbers in front.
pub const HEAD_LEN: usize = 6;
const END: u8 = 255;
/// The number of elements does not fit into two bytes.
const UNCOUNTED: u16 = u16::MAX;

/// Gives each element.
pub fn each(blob: &[u8], mut each: impl FnMut(&[u8]) -> Option<()>) -> Option<()> {
    let mut elements = Elements::open(blob)?;
    while let Some(element) = elements.take()? {
        element.give(&mut each)?;
    }
    Some(())
}

/// An element, as it stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    Number(i64),
    Text(&'a [u8]),
}

impl Element<'_> {
    /// Gives it as text.
    pub fn give<T>(self, to: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Element::Number(number) => to(itoa::Buffer::new().format(number).as_bytes()),
            Element::Text(text) => to(text),
        }
    }
}

/// The elements that are still to be read.
pub struct Elements<'a> {
    rest: &'a [u8],
    count: u16,
    found: usize,
}

impl<'a> Elements<'a> {
    pub fn open(blob: &'a [u8]) -> Option<Self> {
        let mut rest = blob;
        let len = u32::from_le_bytes(array(&mut rest)?);
        let count = u16::from_le_bytes(array(&mut rest)?);
        (len as usize == blob.len()).then_some(Self { rest, count, found: 0 })
    }

    /// Bytes of them, with the end.
    pub fn bytes_left(&self) -> usize {
        self.rest.len()
    }

    /// The next one; none at the end. None if there is neither an element nor the end.
    pub fn take(&mut self) -> Option<Option<Element<'a>>> {
        let before = self.rest;
        let rest = &mut self.rest;
        let first = u8::from_le_bytes(array(rest)?);
        if first == END {
            let is_counted = self.count == UNCOUNTED || usize::from(self.count) == self.found;
            return (rest.is_empty() && is_counted).then_some(None);
        }
        self.found += 1;
        let element = match first {
            0..0x80 => Element::Number(i64::from(first)),
            0xc0..0xe0 => {
                let low = u8::from_le_bytes(array(rest)?);
                let number = i64::from(first & 0x1f) << 8 | i64::from(low);
                Element::Number(if number < 1 << 12 { number } else { number - (1 << 13) })
            }
            0xf1 => Element::Number(little_endian(take(rest, 2)?)),
            0xf2 => Element::Number(little_endian(take(rest, 3)?)),
            0xf3 => Element::Number(little_endian(take(rest, 4)?)),
            0xf4 => Element::Number(little_endian(take(rest, 8)?)),
            _ => {
                let len = match first {
                    0x80..0xc0 => usize::from(first & 0x3f),
                    0xe0..0xf0 => usize::from(first & 0xf) << 8 | usize::from(u8::from_le_bytes(array(rest)?)),
                    0xf0 => u32::from_le_bytes(array(rest)?) as usize,
                    _ => return None,
                };
                Element::Text(take(rest, len)?)
            }
        };
        length_behind(before.len() - rest.len(), rest)?;
        Some(Some(element))
    }

    /// The next one, which has to be a number.
    pub fn number(&mut self) -> Option<i64> {
        match self.take()?? {
            Element::Number(number) => Some(number),
            Element::Text(text) => parse_i64(text),
        }
    }
}

/// Bytes of the length behind an element of `len` bytes.
fn bytes_behind(len: usize) -> usize {
    match len {
        0..128 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    }
}

/// The bytes of that length.
fn length_bytes(len: usize) -> impl Iterator<Item = u8> {
    let bytes = bytes_behind(len);
    (0..bytes).map(move |at| {
        let part = (len >> (7 * (bytes - 1 - at))) as u8 & 0x7f;
        if at == 0 { part } else { part | 0x80 }
    })
}

/// Takes the length that stands behind an element of `len` bytes; None if it is another.
fn length_behind(len: usize, rest: &mut &[u8]) -> Option<()> {
    take(rest, bytes_behind(len))?.iter().copied().eq(length_bytes(len)).then_some(())
}

/// Writes one: each element in the shortest form, as Redis does.
pub struct Writer {
    bytes: Vec<u8>,
    count: usize,
}

impl Writer {
    pub fn new() -> Self {
        Self { bytes: vec![0; HEAD_LEN], count: 0 }
    }

    pub fn number(&mut self, number: i64) {
        let low = number.to_le_bytes();
        self.element(|out| match number {
            0..=0x7f => out.push(number as u8),
            -0x1000..=0xfff => out.extend_from_slice(&[0xc0 | (number >> 8) as u8 & 0x1f, number as u8]),
            -0x8000..=0x7fff => tagged(0xf1, low.get(..2), out),
            -0x80_0000..=0x7f_ffff => tagged(0xf2, low.get(..3), out),
            -0x8000_0000..=0x7fff_ffff => tagged(0xf3, low.get(..4), out),
            _ => tagged(0xf4, Some(&low), out),
        });
    }

    /// An element, which may be the text of a number.
    pub fn text(&mut self, text: &[u8]) {
        if let Some(number) = parse_i64(text) {
            return self.number(number);
        }
        self.element(|out| {
            match text.len() {
                len @ 0..64 => out.push(0x80 | len as u8),
                len @ 64..4096 => out.extend_from_slice(&[0xe0 | (len >> 8) as u8, len as u8]),
                len => tagged(0xf0, Some(&(len as u32).to_le_bytes()), out),
            }
            out.extend_from_slice(text);
        });
    }

    fn element(&mut self, put: impl FnOnce(&mut Vec<u8>)) {
        let before = self.bytes.len();
        put(&mut self.bytes);
        self.bytes.extend(length_bytes(self.bytes.len() - before));
        self.count += 1;
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.push(END);
        let len = (self.bytes.len() as u32).to_le_bytes();
        let count = u16::try_from(self.count).unwrap_or(UNCOUNTED).to_le_bytes();
        let head = len.into_iter().chain(count);
        self.bytes.iter_mut().zip(head).for_each(|(byte, of_head)| *byte = of_head);
        self.bytes
    }
}

fn tagged(tag: u8, bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(bytes.unwrap_or_default());
}
