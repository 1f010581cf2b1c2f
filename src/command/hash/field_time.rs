//! The time argument of commands that give fields an end.

use crate::command::string::expire_option::Time;
use crate::error::{NOT_AN_INTEGER, ReplyError, invalid_expire};
use crate::protocol::parse_i64;
use crate::store::END_MAX_MS;

const NEGATIVE: ReplyError = ReplyError::new("ERR invalid expire time, must be >= 0");

/// When fields are to end, as far as the arguments tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FieldTime {
    /// At most [`END_MAX_MS`].
    ms: u64,
    is_absolute: bool,
    command: &'static str,
}

impl FieldTime {
    /// Reads `amount`, which is meant as `time` says.
    ///
    /// # Errors
    /// It is no integer, or negative; or it leaves the range of ends, which is an invalid expire time in `command`.
    pub(super) fn read(time: Time, amount: &[u8], command: &'static str) -> Result<Self, ReplyError> {
        let amount = u64::try_from(parse_i64(amount).ok_or(NOT_AN_INTEGER)?).map_err(|_| NEGATIVE)?;
        let ms = amount.checked_mul(time.ms_per_unit()).filter(|ms| *ms <= END_MAX_MS);
        let ms = ms.ok_or_else(|| invalid_expire(command))?;
        Ok(Self { ms, is_absolute: time.is_absolute(), command })
    }

    /// The end in cluster time, ms; it may be past.
    ///
    /// # Errors
    /// It leaves the range of ends.
    pub(super) fn end_ms(self, now_ms: u64) -> Result<u64, ReplyError> {
        let base_ms = if self.is_absolute { 0 } else { now_ms };
        let end_ms = self.ms.saturating_add(base_ms);
        if end_ms <= END_MAX_MS { Ok(end_ms) } else { Err(invalid_expire(self.command)) }
    }
}
