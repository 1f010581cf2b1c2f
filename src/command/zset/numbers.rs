//! Scores, bounds and ranks among arguments.

use std::ops::Range;

use crate::error::{NOT_A_FLOAT, NOT_AN_INTEGER, ReplyError};
use crate::protocol::{parse_bound, parse_double, parse_i64};
use crate::store::{LexBound, LexRange, ScoreRange};

const NO_SCORE_RANGE: ReplyError = ReplyError::new("ERR min or max is not a float");
const NO_LEX_RANGE: ReplyError = ReplyError::new("ERR min or max not valid string range item");
const NOT_POSITIVE: ReplyError = ReplyError::new("ERR value is out of range, must be positive");

pub(super) fn score(arg: &[u8]) -> Result<f64, ReplyError> {
    parse_double(arg).ok_or(NOT_A_FLOAT)
}

pub(super) fn integer(arg: &[u8]) -> Result<i64, ReplyError> {
    parse_i64(arg).ok_or(NOT_AN_INTEGER)
}

/// A count that may be 0.
pub(super) fn count(arg: &[u8]) -> Result<u64, ReplyError> {
    parse_i64(arg).and_then(|count| u64::try_from(count).ok()).ok_or(NOT_POSITIVE)
}

pub(super) fn score_range(min: &[u8], max: &[u8]) -> Result<ScoreRange, ReplyError> {
    let bound = |arg: &[u8]| match arg {
        [b'(', rest @ ..] => parse_bound(rest).map(|bound| (bound, true)),
        _ => parse_bound(arg).map(|bound| (bound, false)),
    };
    let ((min, min_is_open), (max, max_is_open)) =
        (bound(min).ok_or(NO_SCORE_RANGE)?, bound(max).ok_or(NO_SCORE_RANGE)?);
    Ok(ScoreRange { min, min_is_open, max, max_is_open })
}

pub(super) fn lex_range<'a>(min: &'a [u8], max: &'a [u8]) -> Result<LexRange<'a>, ReplyError> {
    // As in Redis, whose sign is a C string: it may end at a zero byte.
    let bound = |arg: &'a [u8]| match arg {
        [b'-'] | [b'-', 0, ..] => Some(LexBound::Lowest),
        [b'+'] | [b'+', 0, ..] => Some(LexBound::Highest),
        [b'[', member @ ..] => Some(LexBound::With(member)),
        [b'(', member @ ..] => Some(LexBound::Without(member)),
        _ => None,
    };
    Ok(LexRange { min: bound(min).ok_or(NO_LEX_RANGE)?, max: bound(max).ok_or(NO_LEX_RANGE)? })
}

/// Ranks from one to another, both included, negative ones counted from the end of `len`.
pub(super) fn ranks(from: i64, to: i64, len: usize) -> Range<usize> {
    let from_end = |rank: i64| if rank < 0 { rank.saturating_add(len as i64) } else { rank };
    let start = usize::try_from(from_end(from)).unwrap_or(0);
    let end = usize::try_from(from_end(to).saturating_add(1)).unwrap_or(0).min(len);
    start.min(end)..end
}
