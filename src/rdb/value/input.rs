//! What is still to be read of a payload.

use crate::protocol::parse_double;
use crate::rdb::string;
use crate::store::{ELEMENT_UNITS, units_of_bytes};

/// Told how many units of work are to be done (`store::work`); None if that is not allowed.
pub type Work<'w> = &'w mut dyn FnMut(u64) -> Option<()>;

/// See the module's header.
pub struct Input<'a, 'w> {
    rest: &'a [u8],
    /// Bytes that strings may still have, unpacked.
    bytes_left: usize,
    /// Bytes of the longest string.
    string_max: usize,
    work: Work<'w>,
}

impl<'a, 'w> Input<'a, 'w> {
    pub fn new(rest: &'a [u8], bytes_max: usize, string_max: usize, work: Work<'w>) -> Self {
        Self { rest, bytes_left: bytes_max, string_max, work }
    }

    pub fn length(&mut self) -> Option<usize> {
        string::length(&mut self.rest)
    }

    /// A string that is an element, or a part of one.
    pub fn string(&mut self) -> Option<Vec<u8>> {
        self.unpacked(|len| 1 + units_of_bytes(len))
    }

    /// A string of elements one after the other: of one for each byte or two, at most.
    pub fn blob(&mut self) -> Option<Vec<u8>> {
        self.unpacked(|len| (len as u64).saturating_mul(ELEMENT_UNITS / 2))
    }

    fn unpacked(&mut self, units: fn(usize) -> u64) -> Option<Vec<u8>> {
        let len_max = self.bytes_left.min(self.string_max);
        let len = string::unpacked_len(self.rest).filter(|len| *len <= len_max)?;
        (self.work)(units(len))?;
        let text = string::read(&mut self.rest, len_max).filter(|text| text.len() <= len_max)?;
        self.bytes_left -= text.len();
        Some(text)
    }

    /// So many bytes.
    pub fn array<const LEN: usize>(&mut self) -> Option<[u8; LEN]> {
        string::array(&mut self.rest)
    }

    /// Eight bytes.
    pub fn double(&mut self) -> Option<f64> {
        string::array(&mut self.rest).map(f64::from_le_bytes)
    }

    /// The same as a number.
    pub fn number(&mut self) -> Option<u64> {
        string::array(&mut self.rest).map(u64::from_le_bytes)
    }

    /// A length of one byte and text, or a byte for what is no number.
    pub fn old_double(&mut self) -> Option<f64> {
        match u8::from_le_bytes(string::array(&mut self.rest)?) {
            253 => None,
            254 => Some(f64::INFINITY),
            255 => Some(f64::NEG_INFINITY),
            len => parse_double(string::take(&mut self.rest, usize::from(len))?),
        }
    }

    /// A number, and so many times what `each` reads, which reads something.
    pub fn times(&mut self, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        for _ in 0..self.length()? {
            each(self)?;
        }
        Some(())
    }

    /// A number, and so many strings.
    pub fn strings(&mut self, mut each: impl FnMut(&[u8]) -> Option<()>) -> Option<()> {
        self.times(|input| each(&input.string()?))
    }
}
