//! Numbers of bytes with units.

/// Bytes with a unit, as Redis reads them: no digits are 0, leading zeros count nothing, and there is no sign.
pub fn parse_bytes(text: &str) -> Option<u128> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    let number = number.bytes().fold(0_u128, |sum, digit| sum.saturating_mul(10).saturating_add((digit - b'0').into()));
    Some(number.saturating_mul(unit))
}
