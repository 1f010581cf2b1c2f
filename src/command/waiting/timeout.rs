//! Timeouts of blocking commands.

use crate::error::ReplyError;
use crate::protocol::{Args, LongDouble};

/// Seconds, as Redis reads them, in ms: rounded up; 0 = for ever.
///
/// # Errors
/// Redis's texts.
pub fn timeout_ms(args: &Args, at: usize) -> Result<u64, ReplyError> {
    const NO_FLOAT: ReplyError = ReplyError::new("ERR timeout is not a float or out of range");
    const NEGATIVE: ReplyError = ReplyError::new("ERR timeout is negative");
    const OUT_OF_RANGE: ReplyError = ReplyError::new("ERR timeout is out of range");
    let ms = LongDouble::parse(args.arg(at)).ok_or(NO_FLOAT)?.thousandfold();
    match u64::try_from(ms) {
        Ok(ms) if ms <= i64::MAX as u64 => Ok(ms),
        Err(_) if ms < 0 => Err(NEGATIVE),
        _ => Err(OUT_OF_RANGE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_seconds_rounded_up_to_ms() {
        let read = |text: &str| timeout_ms(&Args::from_slices([text]), 0);
        for (text, ms) in
            [("0", 0), ("0.1", 100), ("0.0001", 1), ("1.5", 1500), ("1e3", 1_000_000), ("-0.0001", 0), ("0x10", 16_000)]
        {
            assert_eq!(read(text), Ok(ms), "{text}");
        }
        for (text, error) in [
            ("x", "ERR timeout is not a float or out of range"),
            ("nan", "ERR timeout is not a float or out of range"),
            ("", "ERR timeout is not a float or out of range"),
            ("-1", "ERR timeout is negative"),
            ("-inf", "ERR timeout is negative"),
            ("inf", "ERR timeout is out of range"),
            ("1e300", "ERR timeout is out of range"),
            ("9223372036854776", "ERR timeout is out of range"),
        ] {
            assert_eq!(read(text), Err(ReplyError::new(error)), "{text}");
        }
    }
}
