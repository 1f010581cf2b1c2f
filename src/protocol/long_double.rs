//! The 80-bit extended double of x87, in which Redis's INCRBYFLOAT and HINCRBYFLOAT count.
//!
//! Everything is done in integers and by software floating point, rounding to nearest, ties to even: the same bits and
//! the same text on any CPU, whatever its `long double` is. What is read and printed is what glibc's `strtold` and
//! `printf("%.17Lf")` read and print in the C locale. Other arithmetic than sums and differences, and what timeouts need, is
//! deliberately absent.

use rustc_apfloat::ieee::X87DoubleExtended;
use rustc_apfloat::{Float, Round};

/// Longest text that is read as a number (bytes), as in Redis.
const TEXT_LEN_MAX: usize = 5 * 1024 - 1;
/// Digits behind the decimal point that are printed.
const DECIMALS: usize = 17;
/// 10 to the power of [`DECIMALS`].
const SCALE: u128 = 100_000_000_000_000_000;
/// Value of one limb while an integer is converted to decimal: 10 to the power of 18.
const LIMB: u64 = 1_000_000_000_000_000_000;
/// No finite number has a binary exponent beyond this, in either direction (denormal ones included).
const EXPONENT_MAX: i64 = 16_600;

/// An extended double; never NaN when it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LongDouble(X87DoubleExtended);

impl LongDouble {
    /// Zero: what an absent key or field counts as.
    pub const ZERO: Self = Self(X87DoubleExtended::ZERO);

    /// Reads a number as `strtold` does: decimal or hexadecimal, with or without exponent, or an infinity. `None` for
    /// blanks, for anything behind the number, for NaN, and for what is too large or so small that it would read as 0.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > TEXT_LEN_MAX {
            return None;
        }
        let (negative, magnitude) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let value = match magnitude {
            _ if magnitude.eq_ignore_ascii_case(b"inf") || magnitude.eq_ignore_ascii_case(b"infinity") => {
                X87DoubleExtended::INFINITY
            }
            [b'0', b'x' | b'X', rest @ ..] => parse_hexadecimal(rest)?,
            _ => parse_decimal(magnitude)?,
        };
        Some(Self(if negative { -value } else { value }))
    }

    /// The units (`store::work`) of reading or printing a number in `len` bytes of text: both go over all its digits for
    /// each of them.
    pub fn text_units(len: usize) -> u64 {
        if len > TEXT_LEN_MAX { 0 } else { (len * len / 64) as u64 }
    }

    /// A thousand times this, rounded up to an integer; the nearest that there is, if it is too large or too small for one.
    pub fn thousandfold(self) -> i128 {
        let thousand = X87DoubleExtended::from_u128(1000).value;
        (self.0 * thousand).value.to_i128_r(128, Round::TowardPositive, &mut false).value
    }

    /// The largest one that is finite.
    pub fn largest() -> Self {
        Self(X87DoubleExtended::largest())
    }

    /// The same below 0.
    pub fn lowest() -> Self {
        Self(-X87DoubleExtended::largest())
    }

    /// False for infinities and NaN.
    pub fn is_finite(self) -> bool {
        self.0.is_finite()
    }

    /// The value with up to 17 decimals, without exponent and without trailing zeros; of an infinity or NaN, its name.
    pub fn to_text(self) -> String {
        if !self.is_finite() {
            let name = if self.0.is_nan() { "nan" } else { "inf" };
            return if self.0.is_negative() { format!("-{name}") } else { name.to_owned() };
        }
        let bits = self.0.to_bits();
        let significand = bits as u64;
        // The exponent of the significand's last bit; denormal numbers have the exponent of the smallest normal ones.
        let exponent = (((bits >> 64) & 0x7fff) as i32).max(1) - 16_383 - 63;
        let mut text = if exponent >= 0 {
            integer_text(significand, exponent as u32)
        } else {
            fixed_text(significand, -exponent as u32)
        };
        if self.0.is_negative() && text != "0" {
            text.insert(0, '-');
        }
        text
    }
}

impl PartialOrd for LongDouble {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.0.partial_cmp(&other.0)
    }
}

/// The rounded difference. Two infinities of the same sign give NaN.
impl std::ops::Sub for LongDouble {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self((self.0 - other.0).value)
    }
}

/// The rounded sum. Two infinities of different sign give NaN.
impl std::ops::Add for LongDouble {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self((self.0 + other.0).value)
    }
}

/// The part of `text` in front of its first byte that is none of `digits`, and the rest.
fn split_digits(text: &[u8], is_digit: fn(&u8) -> bool) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !is_digit(byte)).unwrap_or(text.len()))
}

/// Digits in front of the point, digits behind it, and the exponent; each may be empty, but not both of the first two.
struct Parts<'a> {
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

impl<'a> Parts<'a> {
    fn of(text: &'a [u8], is_digit: fn(&u8) -> bool, mark: u8) -> Option<Self> {
        let (whole, rest) = split_digits(text, is_digit);
        let (fraction, rest) = match rest {
            [b'.', rest @ ..] => split_digits(rest, is_digit),
            _ => (&[][..], rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest {
            [] => 0,
            [first, rest @ ..] if first.eq_ignore_ascii_case(&mark) => parse_exponent(rest)?,
            _ => return None,
        };
        Some(Self { whole, fraction, exponent })
    }

    fn is_zero(&self) -> bool {
        self.whole.iter().chain(self.fraction).all(|digit| *digit == b'0')
    }
}

/// A sign and at least one digit. Held where every number is out of range anyway.
fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(100_000_000));
    Some(if negative { -value } else { value })
}

fn parse_decimal(text: &[u8]) -> Option<X87DoubleExtended> {
    let parts = Parts::of(text, u8::is_ascii_digit, b'e')?;
    if parts.is_zero() {
        return Some(X87DoubleExtended::ZERO);
    }
    let text = std::str::from_utf8(text).ok()?;
    in_range(text.parse().ok()?)
}

fn parse_hexadecimal(text: &[u8]) -> Option<X87DoubleExtended> {
    let value = hexadecimal(text)?;
    if Parts::of(text, u8::is_ascii_hexdigit, b'p')?.is_zero() { Some(value) } else { in_range(value) }
}

/// Reads what stands behind `0x` and the sign in front of that: an infinity or 0 if it is out of range.
pub(super) fn hexadecimal<F: Float>(text: &[u8]) -> Option<F> {
    let parts = Parts::of(text, u8::is_ascii_hexdigit, b'p')?;
    if parts.is_zero() {
        return Some(F::ZERO);
    }
    let digits: Vec<u8> = parts.whole.iter().chain(parts.fraction).copied().collect();
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    let (first, rest) = digits.get(zeros..)?.split_first()?;
    // Written anew with the point behind the first digit that counts, so that the exponent says how large the number is.
    let exponent = parts.exponent + 4 * (parts.whole.len() as i64 - 1 - zeros as i64);
    let exponent = exponent.clamp(-EXPONENT_MAX, EXPONENT_MAX);
    let rest = std::str::from_utf8(rest).ok()?;
    format!("0x{}.{rest}p{exponent}", char::from(*first)).parse().ok()
}

/// A number with digits other than 0 reads neither as infinity nor as 0.
fn in_range(value: X87DoubleExtended) -> Option<X87DoubleExtended> {
    (value.is_finite() && !value.is_zero()).then_some(value)
}

/// `significand` × 2^`exponent`, exactly.
fn integer_text(significand: u64, exponent: u32) -> String {
    let mut limbs: Vec<u64> = vec![significand % LIMB, significand / LIMB];
    let mut left = exponent;
    while left > 0 {
        let shift = left.min(60);
        left -= shift;
        let mut carry = 0u128;
        for limb in &mut limbs {
            let value = (u128::from(*limb) << shift) + carry;
            *limb = (value % u128::from(LIMB)) as u64;
            carry = value / u128::from(LIMB);
        }
        while carry > 0 {
            limbs.push((carry % u128::from(LIMB)) as u64);
            carry /= u128::from(LIMB);
        }
    }
    let digits: String = limbs.iter().rev().map(|limb| format!("{limb:018}")).collect();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
}

/// `significand` / 2^`shift`, rounded to [`DECIMALS`] decimals, half to even, without trailing zeros.
fn fixed_text(significand: u64, shift: u32) -> String {
    // Below 2^121: nothing is lost.
    let scaled = u128::from(significand) * SCALE;
    let quotient = scaled.checked_shr(shift).unwrap_or(0);
    let remainder = if shift < 128 { scaled - (quotient << shift) } else { scaled };
    // From 2^123 on half a unit is more than there is.
    let half = if shift <= 122 { 1u128 << (shift - 1) } else { u128::MAX };
    let round_up = remainder > half || (remainder == half && quotient % 2 == 1);
    let rounded = quotient + u128::from(round_up);
    let text = format!("{}.{:0width$}", rounded / SCALE, rounded % SCALE, width = DECIMALS);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(a: &str, b: &str) -> Option<String> {
        let sum = LongDouble::parse(a.as_bytes())? + LongDouble::parse(b.as_bytes())?;
        Some(sum.to_text())
    }

    #[test]
    fn sums_are_those_of_redis() {
        for (a, b, text) in [
            ("3.0", "0.000000000000000001", "3"),
            ("10.5", "0.1", "10.6"),
            ("10.6", "-5", "5.6"),
            ("5.0e3", "2.0e2", "5200"),
            ("0", "-0", "0"),
            ("-1", "1", "0"),
            ("-0.000000000000000004", "0", "0"),
            ("1", "-0.9", "0.1"),
            ("3", "1.1", "4.1"),
            ("0x10", "0x.8p1", "17"),
            ("+1e2", ".5", "100.5"),
            ("5.", "0", "5"),
            ("17179869184", "1.5", "17179869185.5"),
            ("9223372036854775807", "1", "9223372036854775808"),
            ("18446744073709551615", "1", "18446744073709551616"),
            ("18446744073709551616", "1", "18446744073709551616"),
            ("1e30", "0", "1000000000000000000024696061952"),
            ("inf", "1", "inf"),
            ("-Infinity", "1", "-inf"),
        ] {
            assert_eq!(sum(a, b).as_deref(), Some(text), "{a} + {b}");
        }
        assert!(sum("inf", "-inf").unwrap().ends_with("nan"));
        let large = LongDouble::parse(b"1e4932").unwrap();
        assert!(!(large + large).is_finite());
    }

    #[test]
    fn halves_of_the_last_decimal_go_to_even() {
        // 2^-18 has 18 decimals, the last of them a 5: exact ties. 3 × 2^-18 rounds up, 2^-18 down.
        assert_eq!(sum("0x1p-18", "0").unwrap(), "0.00000381469726562");
        assert_eq!(sum("0x3p-18", "0").unwrap(), "0.00001144409179688");
    }

    #[test]
    fn the_largest_and_the_smallest_numbers_are_read() {
        let largest = LongDouble::parse(b"1.18973149535723176502e+4932").unwrap().to_text();
        assert_eq!(largest.len(), 4933);
        assert!(largest.starts_with("11897314953572317650212638530309702051690633222946"));
        assert!(largest.ends_with("49662444156604419552086811989770240"), "{largest}");
        assert_eq!(LongDouble::parse(b"3.7e-4951").unwrap().to_text(), "0");
        let zeros = format!("0x0.{}1p{}", "0".repeat(5000), 20_004);
        assert_eq!(LongDouble::parse(zeros.as_bytes()).unwrap().to_text(), "1");
    }

    #[test]
    fn long_double_out_of_range_or_no_number_is_refused() {
        for text in [
            "",
            " 1",
            "1 ",
            "abc",
            "1e",
            "1e+",
            "0x",
            "0x.",
            "0x1p",
            "0xg",
            ".",
            "+",
            "-",
            "--1",
            "+-1",
            "1.2.3",
            "nan",
            "-nan",
            "nan(1)",
            "infin",
            "1e5000",
            "-1e5000",
            "1e-5000",
            "0x1p16384",
            "0x1p-17000",
            "1\0",
            "1e99999999999999999999",
            "1_0",
        ] {
            assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(LongDouble::parse("1".repeat(5120).as_bytes()), None);
        assert_eq!(LongDouble::parse(b"0e99999999999999999999"), Some(LongDouble::ZERO));
        assert_eq!(LongDouble::parse(b"0x0p-99999999999999999999"), Some(LongDouble::ZERO));
    }
}
