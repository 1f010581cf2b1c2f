//! The range that BITCOUNT and BITPOS look at: bytes or bits, from both ends.

use std::ops::Range;

use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, parse_i64};

/// In what a range counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Byte,
    Bit,
}

impl Unit {
    /// The word at this argument; bytes if there is none.
    ///
    /// # Errors
    /// It is neither.
    pub fn at(args: &Args, at: usize) -> Result<Self, ReplyError> {
        match args.opt(at) {
            None => Ok(Self::Byte),
            Some(_) if args.is(at, "BIT") => Ok(Self::Bit),
            Some(_) if args.is(at, "BYTE") => Ok(Self::Byte),
            Some(_) => Err(SYNTAX),
        }
    }

    /// The bits of a string of `len` bytes from one place to another, both included, negative ones counted from its end.
    pub fn bits(self, start: i64, end: i64, len: usize) -> Range<usize> {
        let (len, size) = match self {
            Self::Byte => (len, 8),
            Self::Bit => (len * 8, 1),
        };
        let place = |place: i64| if place < 0 { place.saturating_add(len as i64).max(0) } else { place };
        let start = usize::try_from(place(start)).unwrap_or(usize::MAX).min(len);
        let end = usize::try_from(place(end)).unwrap_or(usize::MAX).saturating_add(1).min(len);
        start * size..end.max(start) * size
    }
}

/// The integer at this argument.
pub(super) fn integer(args: &Args, at: usize) -> Result<i64, ReplyError> {
    parse_i64(args.arg(at)).ok_or(NOT_AN_INTEGER)
}
