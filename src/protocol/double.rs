//! Doubles as Redis 7.2 prints them (`d2string`): a whole number below 2^62 with all its digits, anything else with the fewest digits
//! that read back as the same double, laid out by the rule of its library fpconv.
//!
//! The rule, for `n` digits that stand for `digits × 10^k`, whose first digit counts `10^e` (`e = k + n - 1`):
//! - `k ≥ 0` and `|e| < n + 7`: a plain integer (12345678901234568 and four zeros more; 1 and seven);
//! - `k < 0`, and `k > -7` or `|e| < 4`: a decimal fraction without exponent (0.1, 0.3333333333333333, 0.000001);
//! - else one digit, the others behind a point, and an exponent with its sign (1e+21, 1e-7, 1.2345678e-4).
//!
//! fpconv finds the digits by Grisu2, which in about one of a thousand doubles gives one digit more than are needed; here there
//! are never more.

/// Below it whole numbers are printed as integers, whatever the rule says.
const WHOLE_MAX: f64 = (i64::MAX / 2) as f64;

/// See the module's header.
pub fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0".into() } else { "0".into() };
    }
    if value.abs() <= WHOLE_MAX && value.fract() == 0.0 {
        return (value as i64).to_string();
    }
    // `d.ddde-7`: the shortest digits, and e.
    let shortest = format!("{:e}", value.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}", laid_out(&digits, exponent))
}

/// All decimals that a double has, 17 at most, without zeros at the end, as Redis writes coordinates.
pub(super) fn decimal_text(value: f64) -> String {
    let text = format!("{value:.17}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".into() } else { text.into() }
}

/// The same with 17 digits, without zeros at the end, as C's `%.17g` does: how Redis 7.2 shows the scores of a large sorted set in a scan.
pub fn double_text_17(value: f64) -> String {
    if !value.is_finite() || value == 0.0 {
        return double_text(value);
    }
    let digits = format!("{:.16e}", value.abs());
    let (mantissa, exponent) = digits.split_once('e').unwrap_or((&digits, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    let sign = if value < 0.0 { "-" } else { "" };
    let point = |whole: &str, fraction: &str| {
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    };
    match usize::try_from(exponent) {
        Ok(behind) if exponent < 17 => {
            let padded = format!("{digits:0<width$}", width = behind + 1);
            let (whole, fraction) = padded.split_at_checked(behind + 1).unwrap_or((&padded, ""));
            point(whole, fraction)
        }
        Err(_) if exponent >= -4 => {
            point("0", &format!("{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)))
        }
        _ => {
            let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
            let sign_of_exponent = if exponent < 0 { '-' } else { '+' };
            format!("{}e{sign_of_exponent}{:02}", point(first, rest), exponent.unsigned_abs())
        }
    }
}

fn laid_out(digits: &str, exponent: i32) -> String {
    let count = digits.len() as i32;
    let k = exponent - count + 1;
    if k >= 0 && exponent.abs() < count + 7 {
        return format!("{digits}{}", "0".repeat(k.unsigned_abs() as usize));
    }
    if k < 0 && (k > -7 || exponent.abs() < 4) {
        return match digits.split_at_checked(usize::try_from(count + k).unwrap_or(0)) {
            Some((whole, fraction)) if !whole.is_empty() => format!("{whole}.{fraction}"),
            _ => format!("0.{}{digits}", "0".repeat((count + k).unsigned_abs() as usize)),
        };
    }
    let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
    let point = if rest.is_empty() { "" } else { "." };
    format!("{first}{point}{rest}e{exponent:+}")
}

#[cfg(test)]
mod tests {
    use super::{double_text, double_text_17};

    #[test]
    fn seventeen_digits_are_laid_out_as_by_printf() {
        for (value, text) in [
            (0.1, "0.10000000000000001"),
            (-2.5, "-2.5"),
            (1e16, "10000000000000000"),
            (123_456.75, "123456.75"),
            (1e17, "1e+17"),
            (-1.5e300, "-1.5000000000000001e+300"),
            (0.0001, "0.0001"),
            (0.000_01, "1.0000000000000001e-05"),
            (3.0, "3"),
            (-0.0, "-0"),
            (f64::INFINITY, "inf"),
            (1.0 / 3.0, "0.33333333333333331"),
        ] {
            assert_eq!(double_text_17(value), text);
        }
    }

    #[test]
    fn doubles_are_laid_out_as_by_fpconv() {
        for (value, text) in [
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (1.0 / 3.0, "0.3333333333333333"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (0.000_123_456_78, "1.2345678e-4"),
            (0.001_234_567_8, "0.0012345678"),
            (123.456, "123.456"),
            (1e17, "100000000000000000"),
            (1e18, "1000000000000000000"),
            (1e19, "1e+19"),
            (1e21, "1e+21"),
            (-1e300, "-1e+300"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1.797_693_134_862_315_7e308, "1.7976931348623157e+308"),
            (0.0, "0"),
            (-0.0, "-0"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(double_text(value), text);
        }
    }

    #[test]
    fn every_text_reads_back_as_the_same_double() {
        let mut bits = 0x9e37_79b9_7f4a_7c15u64;
        for _ in 0..20_000 {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            let value = f64::from_bits(bits);
            if !value.is_nan() {
                assert_eq!(double_text(value).parse::<f64>().unwrap(), value);
            }
        }
    }
}
