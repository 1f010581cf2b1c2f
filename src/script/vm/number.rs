//! Numbers and their texts, as C's library has them, without it.

use super::printf::Directive;
use super::units;
use crate::error::c_string;

/// Longest text that is read as a number, bytes.
const NUMBER_LEN_MAX: usize = 4096;

/// What reading a number costs at most, units: beyond 19 digits it may take arithmetic on all of them.
pub fn reading_cost(text: &[u8]) -> u64 {
    let text = text.get(..NUMBER_LEN_MAX).unwrap_or(text);
    let mantissa = text.iter().take_while(|byte| !matches!(**byte, b'e' | b'E'));
    let digits = mantissa.filter(|byte| byte.is_ascii_digit()).count();
    units::READING + text.len() as u64 + if digits > 19 { 1000 } else { 0 }
}

/// The number that the whole text is, blanks around it aside, as `tonumber` reads it: a C string, which a zero ends.
pub fn number_of(text: &[u8]) -> Option<f64> {
    let text = c_string(text);
    if text.len() > NUMBER_LEN_MAX {
        return None;
    }
    let (value, used) = number_prefix(text);
    let rest = text.get(used..)?;
    (used > 0 && rest.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0x0b)).then_some(value)
}

/// `%.14g`, as `tostring` shows numbers.
pub fn number_text(value: f64) -> Vec<u8> {
    let mut out = Vec::with_capacity(24);
    number_text_to(&mut out, value);
    out
}

/// The same, appended.
pub fn number_text_to(out: &mut Vec<u8>, value: f64) {
    if value.fract() == 0.0 && value.abs() < 1e14 && !(value == 0.0 && value.is_sign_negative()) {
        out.extend_from_slice(itoa::Buffer::new().format(value as i64).as_bytes());
    } else {
        Directive::precision(14).float(out, value, b'g');
    }
}

/// The number at the beginning of `text`, as `strtod` reads it in the C locale, and the bytes it takes; (0, 0) if there is
/// none.
pub fn number_prefix(text: &[u8]) -> (f64, usize) {
    let blanks = text.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x0b).count();
    let (negative, sign) = match text.get(blanks) {
        Some(b'-') => (true, 1),
        Some(b'+') => (false, 1),
        _ => (false, 0),
    };
    let start = blanks + sign;
    let rest = text.get(start..).unwrap_or_default();
    let (value, used) = match rest {
        [b'0', b'x' | b'X', hex @ ..] => match hex_prefix(hex) {
            Some((value, used)) => (value, used + 2),
            None => (0.0, 1),
        },
        _ => decimal_prefix(rest),
    };
    if used == 0 { (0.0, 0) } else { (if negative { -value } else { value }, start + used) }
}

fn decimal_prefix(text: &[u8]) -> (f64, usize) {
    let starts = |word: &[u8]| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    if starts(b"infinity") {
        return (f64::INFINITY, 8);
    }
    if starts(b"inf") {
        return (f64::INFINITY, 3);
    }
    if starts(b"nan") {
        return (f64::NAN, 3 + payload(text.get(3..).unwrap_or_default()));
    }
    let digits = |from: usize| text.get(from..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
    let whole = digits(0);
    let mut used = whole;
    let mut fraction = 0;
    if text.get(used) == Some(&b'.') {
        fraction = digits(used + 1);
        if whole + fraction > 0 {
            used += 1 + fraction;
        }
    }
    if whole + fraction == 0 {
        return (0.0, 0);
    }
    if let Some(b'e' | b'E') = text.get(used) {
        let sign = usize::from(matches!(text.get(used + 1), Some(b'+' | b'-')));
        let exponent = digits(used + 1 + sign);
        if exponent > 0 {
            used += 1 + sign + exponent;
        }
    }
    let value = text.get(..used).and_then(|text| std::str::from_utf8(text).ok()).and_then(|text| text.parse().ok());
    (value.unwrap_or(0.0), used)
}

/// The length of what may stand behind `nan`: letters and digits in parentheses.
fn payload(text: &[u8]) -> usize {
    let Some((b'(', inner)) = text.split_first() else { return 0 };
    let len = inner.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    if inner.get(len) == Some(&b')') { len + 2 } else { 0 }
}

/// A hexadecimal float behind its `0x`: rounded once, to nearest, ties to even.
fn hex_prefix(text: &[u8]) -> Option<(f64, usize)> {
    let (mut mantissa, mut exponent, mut sticky) = (0u64, 0i64, false);
    let (mut used, mut seen, mut in_fraction) = (0, false, false);
    while let Some(byte) = text.get(used) {
        if *byte == b'.' && !in_fraction {
            in_fraction = true;
        } else if let Some(digit) = char::from(*byte).to_digit(16) {
            seen = true;
            // Beyond 60 bits a digit only tells whether something follows.
            if mantissa >> 60 == 0 {
                mantissa = mantissa << 4 | u64::from(digit);
                exponent -= if in_fraction { 4 } else { 0 };
            } else {
                sticky |= digit != 0;
                exponent += if in_fraction { 0 } else { 4 };
            }
        } else {
            break;
        }
        used += 1;
    }
    if !seen {
        return None;
    }
    if let Some(b'p' | b'P') = text.get(used) {
        let negative = text.get(used + 1) == Some(&b'-');
        let sign = usize::from(matches!(text.get(used + 1), Some(b'+' | b'-')));
        let digits = text.get(used + 1 + sign..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).copied();
        let (mut count, mut power) = (0, 0i64);
        for digit in digits {
            power = (power * 10 + i64::from(digit - b'0')).min(100_000);
            count += 1;
        }
        if count > 0 {
            used += 1 + sign + count;
            exponent += if negative { -power } else { power };
        }
    }
    let mantissa = mantissa | u64::from(sticky);
    // `scalbn` is exact except where the result is subnormal.
    let power = exponent.clamp(-100_000, 100_000) as i32;
    Some((libm::scalbn(mantissa as f64, power), used))
}
