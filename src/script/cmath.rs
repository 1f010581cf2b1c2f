//! C functions that Lua's core calls and whose result depends on the C library, replaced at link time: Lua's objects
//! name `pow` and `strtod`, the linker finds them here before it looks into the system's libraries.
//!
//! - `pow` is the operator `^` (and constant folding by Lua's compiler): the system's differs in the last bit.
//! - `strtod` turns strings into numbers: the system's follows the locale, and reads a string of any length, for
//!   which no count hook could stop it. Numbers longer than [`NUMBER_LEN_MAX`] are none here.
//!
//! Deliberately absent: everything that Lua reaches through its library tables (`maths` replaces those) or that is exact by
//! definition.

use std::ffi::{c_char, c_double};

/// Longest text that is read as a number, bytes.
pub const NUMBER_LEN_MAX: usize = 4096;

#[cfg(test)]
thread_local! {
    /// Calls of our `pow`, to prove that Lua's go through it.
    pub static POW_CALLS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

#[expect(unsafe_code, reason = "the linker has to find the symbol under C's name")]
#[unsafe(no_mangle)]
extern "C" fn pow(x: c_double, y: c_double) -> c_double {
    #[cfg(test)]
    POW_CALLS.set(POW_CALLS.get() + 1);
    libm::pow(x, y)
}

/// # Safety
/// As C's: `text` ends with a NUL; `end` is null or writable.
#[expect(unsafe_code, reason = "the linker has to find the symbol under C's name, and C passes pointers")]
#[unsafe(no_mangle)]
unsafe extern "C" fn strtod(text: *const c_char, end: *mut *mut c_char) -> c_double {
    let mut buffer = [0u8; NUMBER_LEN_MAX];
    let mut len = 0;
    for (i, place) in buffer.iter_mut().enumerate() {
        // SAFETY: no byte before the NUL that ends `text` has been passed.
        let byte = unsafe { *text.add(i) };
        if byte == 0 {
            break;
        }
        *place = byte as u8;
        len = i + 1;
    }
    let (value, used) = number_prefix(buffer.get(..len).unwrap_or_default());
    if !end.is_null() {
        // SAFETY: `used` is at most `len`; `end` is writable by contract.
        unsafe { *end = text.add(used).cast_mut() };
    }
    value
}

/// Keeps this module's symbols in every binary: whoever links the sandbox refers to them.
pub fn keep() {
    std::hint::black_box(pow as extern "C" fn(f64, f64) -> f64);
    std::hint::black_box(strtod as unsafe extern "C" fn(*const c_char, *mut *mut c_char) -> f64);
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
        return (f64::NAN, 3);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (text, value, used) in [
            ("10", 10.0, 2),
            ("  -1.5e3x", -1500.0, 8),
            ("0x10", 16.0, 4),
            ("0x1p4", 16.0, 5),
            ("0x.8", 0.5, 4),
            ("0x1.8p1 ", 3.0, 7),
            ("0x", 0.0, 1),
            ("0xg", 0.0, 1),
            (".5", 0.5, 2),
            ("5.", 5.0, 2),
            (".", 0.0, 0),
            ("1e", 1.0, 1),
            ("1e+", 1.0, 1),
            ("1e400", f64::INFINITY, 5),
            ("inf", f64::INFINITY, 3),
            ("-Infinity!", f64::NEG_INFINITY, 9),
            ("", 0.0, 0),
            ("-", 0.0, 0),
            ("abc", 0.0, 0),
            ("0.1", 0.1, 3),
            ("9007199254740993", 9007199254740992.0, 16),
            ("0xfffffffffffffffff", 295147905179352825855.0, 19),
            ("0x20000000000001", 9007199254740992.0, 16),
            ("0x20000000000003", 9007199254740996.0, 16),
        ] {
            assert_eq!(number_prefix(text.as_bytes()), (value, used), "{text:?}");
        }
        assert!(number_prefix(b"nan").0.is_nan());
    }
}
