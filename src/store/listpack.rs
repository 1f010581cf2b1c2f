//! How long Redis's form of a list is: its limits, which clients see through OBJECT ENCODING, are about these bytes.

use crate::protocol::parse_i64;

/// A listpack without elements: its head and its end.
pub(super) const EMPTY_LEN: usize = 7;
/// Longest text of an integer.
const INTEGER_LEN_MAX: usize = 20;

/// Bytes of an element in a listpack.
pub(super) fn element_len(element: &[u8]) -> usize {
    let integer = if element.len() <= INTEGER_LEN_MAX { parse_i64(element) } else { None };
    if let Some(integer) = integer {
        return integer_len(integer);
    }
    let body = match element.len() {
        len @ ..64 => 1 + len,
        len @ ..4096 => 2 + len,
        len => 5 + len,
    };
    // Behind an element stands its length, 7 bits per byte.
    let behind = match body {
        0..128 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    };
    body + behind
}

/// The same of an integer.
pub(super) fn integer_len(integer: i64) -> usize {
    match integer {
        0..=127 => 2,
        -4096..=4095 => 3,
        -0x8000..=0x7FFF => 4,
        -0x80_0000..=0x7F_FFFF => 5,
        -0x8000_0000..=0x7FFF_FFFF => 6,
        _ => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::element_len;

    #[test]
    fn an_integer_is_shorter_than_its_text() {
        for (text, len) in [
            ("0", 2),
            ("127", 2),
            ("-1", 3),
            ("128", 3),
            ("4095", 3),
            ("4096", 4),
            ("-4096", 3),
            ("-4097", 4),
            ("32767", 4),
            ("32768", 5),
            ("8388607", 5),
            ("8388608", 6),
            ("2147483647", 6),
            ("2147483648", 10),
            ("-9223372036854775808", 10),
            ("9223372036854775808", 21),
            ("01", 4),
            ("", 2),
        ] {
            assert_eq!(element_len(text.as_bytes()), len, "{text}");
        }
    }

    #[test]
    fn the_lengths_around_a_string_grow_with_it() {
        for (len, overhead) in [(63, 2), (64, 3), (125, 3), (126, 4), (4095, 4), (4096, 7), (16_377, 7), (16_378, 8)] {
            assert_eq!(element_len(&vec![b'x'; len]), len + overhead, "{len}");
        }
    }
}
