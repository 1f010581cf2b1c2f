//! What is still to be read of a payload.

use crate::protocol::parse_double;
use crate::rdb::string;

/// See the module's header.
pub struct Input<'a> {
    rest: &'a [u8],
    /// Bytes that strings may still have, unpacked.
    bytes_left: usize,
}

impl<'a> Input<'a> {
    pub fn new(rest: &'a [u8], bytes_max: usize) -> Self {
        Self { rest, bytes_left: bytes_max }
    }

    pub fn length(&mut self) -> Option<usize> {
        string::length(&mut self.rest)
    }

    pub fn string(&mut self) -> Option<Vec<u8>> {
        let text = string::read(&mut self.rest, self.bytes_left)?;
        self.bytes_left -= text.len();
        Some(text)
    }

    /// Eight bytes.
    pub fn double(&mut self) -> Option<f64> {
        string::array(&mut self.rest).map(f64::from_le_bytes)
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
