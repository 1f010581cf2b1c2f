//! Doubles among arguments, as Redis reads them with C's `strtod`: decimal or hexadecimal, with or without exponent, or an infinity.

use rustc_apfloat::Float;
use rustc_apfloat::ieee::Double;

use super::long_double::hexadecimal;
use crate::error::c_string;

/// A number that is the whole of an argument (a score, a weight). None for NaN, for blanks, for anything behind the number, for what is
/// too large, and for what is so small that it would read as 0.
pub fn parse_double(arg: &[u8]) -> Option<f64> {
    let (value, is_in_range) = number(arg)?;
    is_in_range.then_some(value)
}

/// A number that bounds a range, where Redis asks for less: blanks may stand in front of it, the argument ends at a zero byte, nothing at
/// all is 0, and what is out of range is an infinity or 0.
pub fn parse_bound(arg: &[u8]) -> Option<f64> {
    match c_string(arg) {
        [] => Some(0.0),
        text => {
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
            let start = text.iter().position(|byte| !blank(byte))?;
            number(text.get(start..)?).map(|(value, _)| value)
        }
    }
}

/// A weight of SORT: as a bound, but nothing that is out of range.
pub fn parse_weight(arg: &[u8]) -> Option<f64> {
    let text = c_string(arg);
    let is_in_range =
        |text: &[u8]| number(text).is_none_or(|(value, is_in_range)| is_in_range && !value.is_subnormal());
    parse_bound(arg).filter(|_| is_in_range(text.trim_ascii_start()))
}

/// The number, and whether it is in range: an infinity and 0 are if they are meant.
fn number(text: &[u8]) -> Option<(f64, bool)> {
    let (negative, magnitude) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (value, is_zero_meant) = match magnitude {
        _ if magnitude.eq_ignore_ascii_case(b"inf") || magnitude.eq_ignore_ascii_case(b"infinity") => {
            return Some((if negative { f64::NEG_INFINITY } else { f64::INFINITY }, true));
        }
        [b'0', b'x' | b'X', digits @ ..] => {
            (f64::from_bits(hexadecimal::<Double>(digits)?.to_bits() as u64), is_zero(digits, b'p'))
        }
        // Rust's own reading takes names and signs, which are none here.
        [b'0'..=b'9' | b'.', ..] => (std::str::from_utf8(magnitude).ok()?.parse().ok()?, is_zero(magnitude, b'e')),
        _ => return None,
    };
    let is_in_range = value.is_finite() && (value != 0.0 || is_zero_meant);
    Some((if negative { -value } else { value }, is_in_range))
}

/// True if no digit in front of the exponent is another than 0.
fn is_zero(text: &[u8], mark: u8) -> bool {
    text.iter().take_while(|byte| !byte.eq_ignore_ascii_case(&mark)).all(|byte| matches!(byte, b'0' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_read_as_by_redis() {
        for (text, value) in [
            ("0", Some(0.0)),
            ("-0", Some(-0.0)),
            ("+5", Some(5.0)),
            ("007", Some(7.0)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("-1.25e+2", Some(-125.0)),
            ("0x10", Some(16.0)),
            ("-0X1.8p3", Some(-12.0)),
            ("0x.8", Some(0.5)),
            ("0e99999", Some(0.0)),
            ("0x0p99999", Some(0.0)),
            ("5e-324", Some(5e-324)),
            ("inf", Some(f64::INFINITY)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("+INF", Some(f64::INFINITY)),
            ("1e400", None),
            ("1e-400", None),
            ("0x1p1024", None),
            ("0x1p-1100", None),
            ("nan", None),
            ("-nan", None),
            ("", None),
            ("-", None),
            ("+-5", None),
            ("--5", None),
            (".", None),
            ("0x", None),
            ("1e", None),
            ("1e+", None),
            ("0x1p", None),
            (" 1", None),
            ("1 ", None),
            ("1\0", None),
            ("1_0", None),
            ("infin", None),
            ("1f", None),
        ] {
            assert_eq!(parse_double(text.as_bytes()).map(f64::to_bits), value.map(f64::to_bits), "{text:?}");
        }
    }

    #[test]
    fn bounds_are_read_more_leniently() {
        for (text, value) in [
            ("", Some(0.0)),
            ("\0x", Some(0.0)),
            (" 1", Some(1.0)),
            ("\t\x0b\r-1", Some(-1.0)),
            ("5\0x", Some(5.0)),
            ("1e400", Some(f64::INFINITY)),
            ("-1e400", Some(f64::NEG_INFINITY)),
            ("1e-400", Some(0.0)),
            ("0x1p99999", Some(f64::INFINITY)),
            ("0x1p-99999", Some(0.0)),
            (" ", None),
            ("1 ", None),
            ("nan", None),
            ("(1", None),
            ("x", None),
        ] {
            assert_eq!(parse_bound(text.as_bytes()), value, "{text:?}");
        }
    }
}
