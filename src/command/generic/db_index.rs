//! Database indexes as arguments.

use crate::error::{DB_OUT_OF_RANGE, NOT_AN_INTEGER, ReplyError};
use crate::protocol::parse_i64;
use crate::store::DATABASES;

/// COPY and MOVE of a key onto itself.
pub const SAME_OBJECT: ReplyError = ReplyError::new("ERR source and destination objects are the same");
const BEYOND_INT: ReplyError =
    ReplyError::new("ERR value is out of range, value must between -2147483648 and 2147483647");

/// Reads a number of 32 bits.
///
/// # Errors
/// Redis's two texts: for what is no integer, and for one that is too large.
pub fn parse_int(arg: &[u8]) -> Result<i32, ReplyError> {
    i32::try_from(parse_i64(arg).ok_or(NOT_AN_INTEGER)?).map_err(|_| BEYOND_INT)
}

/// The index of a database that there is.
///
/// # Errors
/// `ERR DB index is out of range`
pub fn existing(index: i32) -> Result<usize, ReplyError> {
    usize::try_from(index).ok().filter(|index| *index < DATABASES).ok_or(DB_OUT_OF_RANGE)
}

/// Reads the index of a database that there is.
///
/// # Errors
/// Those of [`parse_int`] and [`existing`].
pub fn db_index(arg: &[u8]) -> Result<usize, ReplyError> {
    existing(parse_int(arg)?)
}
