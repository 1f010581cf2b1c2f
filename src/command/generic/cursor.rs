//! The cursor argument of SCAN and its kin.

use crate::error::{INVALID_CURSOR, ReplyError, c_string};

/// Reads a cursor as Redis 7.2 does, which leaves it to C's `strtoul`: a sign is allowed (`-1` is the largest number),
/// nothing at all is 0, and the argument ends at a zero byte.
///
/// # Errors
/// `ERR invalid cursor` for anything else, and for what does not fit 64 bits.
pub fn parse_cursor(arg: &[u8]) -> Result<u64, ReplyError> {
    let (negative, digits) = match c_string(arg) {
        [] => return Ok(0),
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return Err(INVALID_CURSOR);
    }
    let mut value: u64 = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(INVALID_CURSOR);
        }
        let next = value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit - b'0')));
        value = next.ok_or(INVALID_CURSOR)?;
    }
    Ok(if negative { value.wrapping_neg() } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_by_strtoul() {
        for (text, expected) in [
            ("", Some(0)),
            ("0", Some(0)),
            ("007", Some(7)),
            ("+5", Some(5)),
            ("-1", Some(u64::MAX)),
            ("-18446744073709551615", Some(1)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-18446744073709551616", None),
            ("5\0x", Some(5)),
            ("-", None),
            ("+", None),
            (" 1", None),
            ("1 ", None),
            ("1x", None),
            ("--1", None),
        ] {
            assert_eq!(parse_cursor(text.as_bytes()).ok(), expected, "{text:?}");
        }
    }
}
