//! `FIELDS numfields field [field ...]`, which ends the commands that are about fields and their ends.

use std::ops::Range;

use crate::command::{Arg, ArgKind};
use crate::error::ReplyError;
use crate::protocol::{Args, parse_i64};

/// The documentation of it.
pub(super) const FIELDS: Arg = Arg::new(
    "fields",
    ArgKind::Block(&[Arg::new("numfields", ArgKind::Integer), Arg::new("field", ArgKind::String).multiple()]),
)
.token("FIELDS");

/// A number of fields that is none.
pub(super) const NO_FIELDS: ReplyError = ReplyError::new("ERR Number of fields must be a positive integer");
const MISSING: ReplyError = ReplyError::new("ERR Mandatory argument FIELDS is missing or not at the right position");
const OTHER_NUMBER: ReplyError = ReplyError::new("ERR The `numfields` parameter must match the number of arguments");

/// Which arguments are the fields, if the word FIELDS stands at `at`.
///
/// # Errors
/// It does not; `no_fields`, if there is no such number; or there are not so many fields.
pub(super) fn fields(args: &Args, at: usize, no_fields: ReplyError) -> Result<Range<usize>, ReplyError> {
    let number = args.opt(at + 1).filter(|_| args.is(at, "FIELDS")).ok_or(MISSING)?;
    let number = parse_i64(number).filter(|number| *number > 0).ok_or(no_fields)?;
    let fields = at + 2..args.len();
    if number as u64 == fields.len() as u64 { Ok(fields) } else { Err(OTHER_NUMBER) }
}
