//! Indices of elements: from the head on, or, below 0, from the end.

use std::ops::Range;

use crate::error::{NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, parse_i64};

/// An index among the arguments.
///
/// # Errors
/// It is no integer.
pub(super) fn parse(args: &Args, at: usize) -> Result<i64, ReplyError> {
    parse_i64(args.arg(at)).ok_or(NOT_AN_INTEGER)
}

/// Two indices, the first and the last of a range.
///
/// # Errors
/// One is no integer.
pub(super) fn parse_range(args: &Args, at: usize) -> Result<(i64, i64), ReplyError> {
    Ok((parse(args, at)?, parse(args, at + 1)?))
}

/// The place of an index in a list of `len` elements, if it has one.
pub(super) fn place(index: i64, len: usize) -> Option<usize> {
    let from_head = if index < 0 { index.checked_add(len as i64)? } else { index };
    usize::try_from(from_head).ok().filter(|place| *place < len)
}

/// The places from `first` to `last` in a list of `len` elements.
pub(super) fn range((first, last): (i64, i64), len: usize) -> Range<usize> {
    let from_head = |index: i64| if index < 0 { (index.saturating_add(len as i64)).max(-1) } else { index };
    let start = usize::try_from(from_head(first)).unwrap_or_default();
    let end = usize::try_from(from_head(last).saturating_add(1)).unwrap_or_default().min(len);
    if start < end { start..end } else { 0..0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_counted_from_both_ends_and_clipped() {
        for (first, last, expected) in [
            (0, -1, 0..5),
            (1, 3, 1..4),
            (-2, -1, 3..5),
            (-100, 100, 0..5),
            (3, 1, 0..0),
            (5, 9, 0..0),
            (0, -6, 0..0),
            (0, -5, 0..1),
            (i64::MIN, i64::MAX, 0..5),
            (i64::MAX, i64::MIN, 0..0),
        ] {
            assert_eq!(range((first, last), 5), expected, "{first} {last}");
        }
        for (index, expected) in
            [(0, Some(0)), (4, Some(4)), (5, None), (-1, Some(4)), (-5, Some(0)), (-6, None), (i64::MIN, None)]
        {
            assert_eq!(place(index, 5), expected, "{index}");
        }
        assert_eq!(range((0, -1), 0), 0..0);
    }
}
