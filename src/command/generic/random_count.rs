//! What HRANDFIELD, SRANDMEMBER and ZRANDMEMBER have in common: `key [count [WITH…]]`.

use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, parse_i64};
use crate::store::{ELEMENT_UNITS, View};

/// Most elements that a negative count may ask for. Redis streams such a reply and bounds it at 2^62 only; here it is
/// built first.
const REPEATS_MAX: u64 = 1 << 20;

/// Units of one element picked at random out of a large value: it takes a few draws.
const PICK_UNITS: u64 = 4 * ELEMENT_UNITS;

const NO_LONG: ReplyError =
    ReplyError::new("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
const OUT_OF_RANGE: ReplyError = ReplyError::new("ERR value is out of range");

/// The count; None if one element is wanted.
///
/// # Errors
/// Redis's for a count that is none, or too large.
pub fn count(args: &Args) -> Result<Option<i64>, ReplyError> {
    let Some(count) = args.opt(2) else { return Ok(None) };
    match parse_i64(count).ok_or(NOT_AN_INTEGER)? {
        i64::MIN => Err(NO_LONG),
        count => Ok(Some(count)),
    }
}

/// Count, and whether the `word` for more than names stands behind it; None if one element is wanted.
///
/// # Errors
/// Redis's for a count that is none, or too large; and for other words.
pub fn options(args: &Args, word: &str) -> Result<Option<(i64, bool)>, ReplyError> {
    let Some(count) = count(args)? else { return Ok(None) };
    let with_values = match args.len() {
        3 => false,
        4 if args.is(3, word) => true,
        _ => return Err(SYNTAX),
    };
    // As in Redis: the reply would have twice as many elements.
    if with_values && count.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(OUT_OF_RANGE);
    }
    Ok(Some((count, with_values)))
}

/// The units of choosing so many out of `len`.
pub fn units(count: i64, len: usize) -> u64 {
    let picks = if count < 0 { count.unsigned_abs().min(REPEATS_MAX) } else { (count as u64).min(len as u64) };
    picks * PICK_UNITS
}

/// `count` picks out of `len` elements, independent of each other. As an element may come any number of times, the reply could be larger
/// than all that is stored: what more than one pick for each element adds is bounded by `proto-max-bulk-len`. `size`: an element's bytes.
///
/// # Errors
/// They are too many, or too large.
pub fn repeats<T>(
    view: &View<'_>,
    picks: impl Iterator<Item = T>,
    count: u64,
    len: usize,
    size: impl Fn(&T) -> usize,
) -> Result<Vec<T>, ReplyError> {
    if count > REPEATS_MAX {
        return Err(OUT_OF_RANGE);
    }
    let mut bytes_left = view.state().options.bulk_len_max;
    let mut chosen = Vec::new();
    for pick in picks.take(count as usize) {
        if chosen.len() >= len {
            bytes_left = bytes_left.checked_sub(size(&pick) as u64).ok_or(OUT_OF_RANGE)?;
        }
        chosen.push(pick);
    }
    Ok(chosen)
}
