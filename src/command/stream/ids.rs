//! Ids of entries as arguments.

use crate::error::{ReplyError, c_string};
use crate::protocol::parse_i64;
use crate::store::{Stream, StreamId, Txn, total_units};

const INVALID: ReplyError = ReplyError::new("ERR Invalid stream ID specified as stream command argument");
const INVALID_START: ReplyError = ReplyError::new("ERR invalid start ID for the interval");
const INVALID_END: ReplyError = ReplyError::new("ERR invalid end ID for the interval");
/// Longest argument that is looked at.
const LEN_MAX: usize = 127;

/// An id that may leave its second part to the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NewId {
    /// `*`
    Auto,
    /// `ms-*`
    OfMs(u64),
    /// As it stands.
    Given(StreamId),
}

impl NewId {
    /// Reads one that is not `*`.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn parse(arg: &[u8]) -> Result<Self, ReplyError> {
        if let Some(ms) = c_string(arg).strip_suffix(b"-*").filter(|ms| !ms.contains(&b'-') && arg.len() <= LEN_MAX) {
            return parse_u64(ms).map(Self::OfMs).ok_or(INVALID);
        }
        strict(arg).map(Self::Given)
    }
}

/// `ms-seq`, or `ms` of which the number is 0.
///
/// # Errors
/// It is none.
pub(super) fn strict(arg: &[u8]) -> Result<StreamId, ReplyError> {
    parse(arg, 0).ok_or(INVALID)
}

/// The same, or `-` and `+` for the smallest and the largest.
///
/// # Errors
/// It is none.
pub(super) fn any(arg: &[u8]) -> Result<StreamId, ReplyError> {
    with_ends(arg, 0)
}

/// Where a range begins; behind `(` it is not part of that.
///
/// # Errors
/// It is none, or nothing can begin there.
pub(super) fn start(arg: &[u8]) -> Result<StreamId, ReplyError> {
    match excluded(arg) {
        Some(id) => parse(id, 0).ok_or(INVALID)?.next().ok_or(INVALID_START),
        None => with_ends(arg, 0),
    }
}

/// Where a range ends; behind `(` it is not part of that.
///
/// # Errors
/// It is none, or nothing can end there.
pub(super) fn end(arg: &[u8]) -> Result<StreamId, ReplyError> {
    match excluded(arg) {
        Some(id) => parse(id, u64::MAX).ok_or(INVALID)?.previous().ok_or(INVALID_END),
        None => with_ends(arg, u64::MAX),
    }
}

/// True if the argument is just this character.
pub(super) fn is(arg: &[u8], character: u8) -> bool {
    c_string(arg) == [character]
}

/// Says how much work it is to do something with each of these entries of the stream at `key`.
///
/// # Errors
/// WRONGTYPE; or the command may not do as much.
pub(super) fn say_ids(
    txn: &mut Txn<'_>,
    key: &[u8],
    ids: &[StreamId],
    units: impl Fn(&Stream, StreamId) -> u64,
) -> Result<(), ReplyError> {
    if !txn.is_work_bounded() {
        return Ok(());
    }
    let left = txn.work_left();
    let stream = txn.typed::<Stream>(key)?;
    let units = stream.map_or(0, |stream| total_units(ids.iter().map(|id| units(stream, *id)), left));
    txn.work(units)
}

fn excluded(arg: &[u8]) -> Option<&[u8]> {
    arg.strip_prefix(b"(").filter(|id| !id.is_empty())
}

fn with_ends(arg: &[u8], missing_seq: u64) -> Result<StreamId, ReplyError> {
    if is(arg, b'-') {
        Ok(StreamId::ZERO)
    } else if is(arg, b'+') {
        Ok(StreamId::MAX)
    } else {
        parse(arg, missing_seq).ok_or(INVALID)
    }
}

fn parse(arg: &[u8], missing_seq: u64) -> Option<StreamId> {
    if arg.len() > LEN_MAX {
        return None;
    }
    let mut parts = c_string(arg).splitn(2, |byte| *byte == b'-');
    let ms = parse_u64(parts.next()?)?;
    Some(StreamId { ms, seq: parts.next().map_or(Some(missing_seq), parse_u64)? })
}

/// A number as Redis reads it here: one of 64 bits, also behind blanks, a plus or leading zeros; behind a minus one with leading zeros or
/// blanks is what it wraps to.
fn parse_u64(text: &[u8]) -> Option<u64> {
    if let Some(number) = parse_i64(text) {
        return u64::try_from(number).ok();
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let blanks = text.iter().take_while(|byte| is_blank(byte)).count();
    let (is_negative, digits) = match text.get(blanks..).unwrap_or_default() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number =
        digits.iter().try_fold(0u64, |number, digit| number.checked_mul(10)?.checked_add(u64::from(digit - b'0')))?;
    Some(if is_negative { number.wrapping_neg() } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_by_redis() {
        const MAX: u64 = u64::MAX;
        for (text, id) in [
            ("1-2", Some((1, 2))),
            ("5", Some((5, 0))),
            ("007-08", Some((7, 8))),
            ("+1-+2", Some((1, 2))),
            ("18446744073709551615-18446744073709551615", Some((MAX, MAX))),
            ("18446744073709551616-0", None),
            ("1--03", Some((1, MAX - 2))),
            ("1--3", None),
            ("1-", None),
            ("-1", None),
            ("", None),
            ("-", None),
            ("+", None),
            (" 1-\t2", Some((1, 2))),
            ("1- -3", Some((1, MAX - 2))),
            ("1 ", None),
            ("1-2-3", None),
            ("0x10", None),
            ("1\0-2", Some((1, 0))),
        ] {
            assert_eq!(strict(text.as_bytes()).ok(), id.map(|(ms, seq)| StreamId { ms, seq }), "{text:?}");
        }
    }
}
