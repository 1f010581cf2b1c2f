//! A sketch as Redis keeps it in a string: a header, and registers in one of two forms.
//!
//! ```text
//! HYLL | form (0 dense, 1 sparse) | 3 bytes unused | cached estimate, 8 bytes LE, highest bit set: void | registers
//! ```
//!
//! The cache is what somebody else has put there: a value from Redis (RESTORE, SET) is believed, as there. Here nobody fills it, because
//! PFCOUNT is a read, which one node answers from its own state; whatever changes registers makes it void.

use super::registers::{COUNT, Histogram, estimate};
use super::{dense, hash, sparse};
use crate::error::ReplyError;
use crate::store::{ELEMENT_UNITS, units_of_bytes};

const HEADER_LEN: usize = 16;
const DENSE: u8 = 0;
const SPARSE: u8 = 1;

const NO_SKETCH: ReplyError = ReplyError::new("WRONGTYPE Key is not a valid HyperLogLog string value.");
const CORRUPT: ReplyError = ReplyError::new("INVALIDOBJ Corrupted HLL object detected");

/// The bytes of a sketch.
#[derive(Clone, Copy)]
pub(super) struct Sketch<'a> {
    header: &'a [u8],
    registers: &'a [u8],
    pub is_sparse: bool,
}

impl<'a> Sketch<'a> {
    /// The sketch of this string.
    ///
    /// # Errors
    /// It is none.
    pub fn of(string: &'a [u8]) -> Result<Self, ReplyError> {
        let (header, registers) = string.split_at_checked(HEADER_LEN).ok_or(NO_SKETCH)?;
        match header {
            [b'H', b'Y', b'L', b'L', SPARSE, ..] => Ok(Self { header, registers, is_sparse: true }),
            [b'H', b'Y', b'L', b'L', DENSE, ..] if registers.len() == dense::LEN => {
                Ok(Self { header, registers, is_sparse: false })
            }
            _ => Err(NO_SKETCH),
        }
    }

    /// The same if all its registers are there.
    ///
    /// # Errors
    /// They are not.
    pub fn whole(self) -> Result<Self, ReplyError> {
        if !self.is_sparse || sparse::is_whole(self.registers) { Ok(self) } else { Err(CORRUPT) }
    }

    /// A register of the dense form.
    pub fn register(self, index: usize) -> u8 {
        dense::get(self.registers, index)
    }

    /// The sparse runs, which may be for fewer registers than there are.
    ///
    /// # Errors
    /// They are for more.
    pub fn runs(self) -> Result<impl Iterator<Item = sparse::Run> + use<'a>, ReplyError> {
        let runs = if self.is_sparse { self.registers } else { &[] };
        sparse::covered(runs).ok_or(CORRUPT)?;
        Ok(sparse::iter(runs))
    }

    /// All registers, of a whole sketch.
    pub fn values(self) -> Box<dyn Iterator<Item = u8> + 'a> {
        if self.is_sparse { Box::new(sparse::values(self.registers)) } else { Box::new(dense::values(self.registers)) }
    }

    /// The estimated number of elements: what the header says, unless that is void.
    ///
    /// # Errors
    /// The registers are not whole.
    pub fn count(self) -> Result<u64, ReplyError> {
        let cached = self.header.last_chunk::<8>().map_or(u64::MAX, |bytes| u64::from_le_bytes(*bytes));
        if cached >> 63 == 0 {
            return Ok(cached);
        }
        self.whole()?;
        Ok(estimate(&if self.is_sparse { sparse::histogram(self.registers) } else { dense::histogram(self.registers) }))
    }

    /// The units of going through it (`store::work`): not more than through the longest that is whole.
    pub fn units(self) -> u64 {
        if self.is_sparse { self.registers.len().min(2 * COUNT) as u64 } else { COUNT as u64 / 2 }
    }
}

/// A sketch without elements.
pub(super) fn empty() -> Vec<u8> {
    let mut string = vec![0; HEADER_LEN];
    string.splice(..5, [b'H', b'Y', b'L', b'L', SPARSE]);
    string.extend(sparse::empty());
    string
}

/// Says that the cached estimate is void.
pub(super) fn forget_count(string: &mut [u8]) {
    if let Some(byte) = string.get_mut(HEADER_LEN - 1) {
        *byte |= 0x80;
    }
}

/// Raises a register of the dense form, in the whole string.
pub(super) fn raise_dense(string: &mut [u8], index: usize, value: u8) {
    if let Some((_, registers)) = string.split_at_mut_checked(HEADER_LEN) {
        dense::set(registers, index, value.max(dense::get(registers, index)));
    }
}

/// The registers of a sketch, to raise: each is taken apart once, and put together in the end.
pub(super) struct Raised {
    header: Vec<u8>,
    registers: Vec<u8>,
    is_sparse: bool,
    /// Bytes that the sparse form may have, the header included.
    sparse_max: u64,
}

impl Raised {
    /// Those of a sketch.
    ///
    /// # Errors
    /// They are not whole.
    pub fn of(sketch: Sketch<'_>, sparse_max: u64) -> Result<Self, ReplyError> {
        let Sketch { header, registers, is_sparse } = sketch.whole()?;
        Ok(Self { header: header.to_vec(), registers: registers.to_vec(), is_sparse, sparse_max })
    }

    /// Turns it into the dense form.
    pub fn make_dense(&mut self) {
        if !self.is_sparse {
            return;
        }
        let mut registers = vec![0; dense::LEN];
        for (index, value) in sparse::values(&self.registers).enumerate().filter(|(_, value)| *value > 0) {
            dense::set(&mut registers, index, value);
        }
        self.registers = registers;
        self.is_sparse = false;
        if let Some(form) = self.header.get_mut(4) {
            *form = DENSE;
        }
    }

    /// The units of raising its registers to the highest (`store::work`): of each that is raised in the sparse form, the bytes behind it are
    /// moved.
    pub fn units_of(&self, highest: &Highest) -> u64 {
        if !self.is_sparse {
            return COUNT as u64 / 2;
        }
        let raised = sparse::values(&self.registers).zip(&highest.0).filter(|(value, highest)| value < highest).count();
        let longest = usize::try_from(self.sparse_max).unwrap_or(usize::MAX).max(self.registers.len()).min(2 * COUNT);
        longest as u64 + raised as u64 * (ELEMENT_UNITS + units_of_bytes(longest))
    }

    /// Raises its registers to the highest.
    pub fn raise_all(&mut self, highest: &Highest) {
        let mut from = sparse::Start::default();
        for (index, value) in highest.0.iter().copied().enumerate().filter(|(_, value)| *value > 0) {
            self.raise(&mut from, index, value);
        }
    }

    /// Raises a register, which stands behind `from`: true if it said less.
    fn raise(&mut self, from: &mut sparse::Start, index: usize, value: u8) -> bool {
        if self.is_sparse {
            let len_max = self.sparse_max.saturating_sub(HEADER_LEN as u64);
            match sparse::raise(&mut self.registers, from, index, value, len_max) {
                sparse::Step::Same => return false,
                sparse::Step::Changed => return true,
                sparse::Step::TooMuch => self.make_dense(),
            }
        }
        let is_raised = dense::get(&self.registers, index) < value;
        if is_raised {
            dense::set(&mut self.registers, index, value);
        }
        is_raised
    }

    /// Adds an element: true if it changed something.
    pub fn add(&mut self, element: &[u8]) -> bool {
        let (index, value) = hash::place(element);
        self.raise(&mut sparse::Start::default(), index, value)
    }

    /// The string.
    pub fn finish(self) -> Vec<u8> {
        [self.header, self.registers].concat()
    }
}

/// The highest that any of several sketches says, register by register.
pub(super) struct Highest(Box<[u8]>);

impl Default for Highest {
    fn default() -> Self {
        Self(vec![0; COUNT].into())
    }
}

impl Highest {
    /// Takes a sketch in.
    ///
    /// # Errors
    /// Its registers are not whole.
    pub fn merge(&mut self, sketch: Sketch<'_>) -> Result<(), ReplyError> {
        for (highest, value) in self.0.iter_mut().zip(sketch.whole()?.values()) {
            *highest = value.max(*highest);
        }
        Ok(())
    }

    /// The estimated number of elements of all.
    pub fn count(&self) -> u64 {
        let mut histogram: Histogram = [0; 64];
        for value in &self.0 {
            if let Some(count) = histogram.get_mut(usize::from(*value)) {
                *count += 1;
            }
        }
        estimate(&histogram)
    }
}
