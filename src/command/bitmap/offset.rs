//! Places of bits among arguments.

use crate::error::ReplyError;
use crate::protocol::parse_i64;

const NO_OFFSET: ReplyError = ReplyError::new("ERR bit offset is not an integer or out of range");
/// The largest that `proto-max-bulk-len` can be, bytes: what is behind it is wrong whatever the state is.
const BULK_LEN_LARGEST: u64 = 512 << 20;

/// The place of a bit; with `width`, one behind a `#` counts in fields of so many bits.
///
/// # Errors
/// It is none, or no string can be so long.
pub(super) fn offset(arg: &[u8], width: Option<u32>) -> Result<u64, ReplyError> {
    let (digits, factor) = match (arg, width) {
        ([b'#', digits @ ..], Some(width)) => (digits, u64::from(width)),
        _ => (arg, 1),
    };
    let number = parse_i64(digits).and_then(|number| u64::try_from(number).ok()).ok_or(NO_OFFSET)?;
    let offset = number.checked_mul(factor).ok_or(NO_OFFSET)?;
    bounded(offset, BULK_LEN_LARGEST)?;
    Ok(offset)
}

/// Refuses the place of a bit in a byte that a string of `len_max` bytes does not have. Behind the whole of the arguments: the bound is the state's.
///
/// # Errors
/// As for one that is no number.
pub(super) fn bounded(offset: u64, len_max: u64) -> Result<(), ReplyError> {
    if offset / 8 < len_max { Ok(()) } else { Err(NO_OFFSET) }
}
