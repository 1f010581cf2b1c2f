//! EX, PX, EXAT and PXAT, which several commands share: reading them, and what a deadline in the past does.

use crate::command::{Arg, ArgKind};
use crate::error::{NOT_AN_INTEGER, ReplyError, invalid_expire};
use crate::protocol::{Args, parse_i64};
use crate::store::{Deadline, Event, Str, Txn, is_over};

/// One of them, or PERSIST.
pub const EXPIRATION_OR_PERSIST: Arg = Arg::new(
    "expiration",
    ArgKind::OneOf(&[
        Arg::new("seconds", ArgKind::Integer).token("EX"),
        Arg::new("milliseconds", ArgKind::Integer).token("PX"),
        Arg::new("unix-time-seconds", ArgKind::UnixTime).token("EXAT"),
        Arg::new("unix-time-milliseconds", ArgKind::UnixTime).token("PXAT"),
        Arg::word("persist", "PERSIST"),
    ]),
)
.optional();

/// How the amount behind an option is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// EX: from now, s.
    Seconds,
    /// PX: from now, ms.
    Milliseconds,
    /// EXAT: since the Unix epoch, s.
    AtSeconds,
    /// PXAT: since the Unix epoch, ms.
    AtMilliseconds,
}

impl Time {
    /// The one that a word stands for.
    pub fn of(word: &[u8]) -> Option<Self> {
        [("EX", Self::Seconds), ("PX", Self::Milliseconds), ("EXAT", Self::AtSeconds), ("PXAT", Self::AtMilliseconds)]
            .into_iter()
            .find_map(|(name, time)| word.eq_ignore_ascii_case(name.as_bytes()).then_some(time))
    }

    /// True for EXAT and PXAT.
    pub fn is_absolute(self) -> bool {
        matches!(self, Self::AtSeconds | Self::AtMilliseconds)
    }

    /// Milliseconds of what the amount counts.
    pub fn ms_per_unit(self) -> u64 {
        if matches!(self, Self::Seconds | Self::AtSeconds) { 1000 } else { 1 }
    }

    /// Reads `amount`.
    ///
    /// # Errors
    /// It is no integer; or it is not positive or leaves the range of i64 ms, which is an invalid expire time in `command`.
    pub(super) fn until(self, amount: &[u8], command: &'static str) -> Result<Until, ReplyError> {
        let amount = parse_i64(amount).ok_or(NOT_AN_INTEGER)?;
        match amount.checked_mul(self.ms_per_unit() as i64) {
            Some(ms) if amount > 0 => Ok(Until { ms, is_absolute: self.is_absolute(), command }),
            _ => Err(invalid_expire(command)),
        }
    }
}

/// When a key is to expire, as far as the arguments tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Until {
    /// Above 0.
    ms: i64,
    /// Counted from the Unix epoch, else from now.
    is_absolute: bool,
    command: &'static str,
}

impl Until {
    /// The deadline in cluster time, ms.
    ///
    /// # Errors
    /// It leaves the range of i64 ms.
    pub(super) fn deadline_ms(self, now_ms: u64) -> Result<u64, ReplyError> {
        let base_ms = if self.is_absolute { Some(0) } else { i64::try_from(now_ms).ok() };
        let at_ms = base_ms.and_then(|base| self.ms.checked_add(base));
        at_ms.map(i64::unsigned_abs).ok_or_else(|| invalid_expire(self.command))
    }
}

/// What the options of one command say about the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry<'a> {
    /// Nothing.
    Unsaid,
    /// The command's word without an amount: KEEPTTL or PERSIST.
    Word,
    /// An amount, not yet read as a number.
    Given(Time, &'a [u8]),
}

impl<'a> Expiry<'a> {
    /// Takes in the option at argument `at` and returns how many arguments it is; `None` if it is none of `word` and the
    /// four, lacks its amount, or contradicts an earlier one. An option may be repeated: the last one counts.
    pub(super) fn take(&mut self, args: &'a Args, at: usize, word: &str) -> Option<usize> {
        if args.is(at, word) {
            matches!(self, Self::Unsaid | Self::Word).then(|| {
                *self = Self::Word;
                1
            })
        } else {
            let time = Time::of(args.arg(at))?;
            let amount = args.opt(at + 1)?;
            match *self {
                Self::Unsaid => {}
                Self::Given(before, _) if before == time => {}
                _ => return None,
            }
            *self = Self::Given(time, amount);
            Some(2)
        }
    }
}

/// Sets `key` to `value` until `deadline_ms`. If that is over, the key is absent afterwards: as if it had been set and had
/// expired at once. (EXPIRE and GETEX take a key away whose time is just now; SET leaves it for the rest of the millisecond, as in
/// Redis.)
pub(super) fn set_until(txn: &mut Txn<'_>, key: &[u8], value: Str, deadline_ms: u64) {
    if is_over(deadline_ms, txn.now_ms()) {
        let is_new = txn.get(key).is_none();
        txn.discard(key);
        txn.note_creation(key);
        if is_new {
            txn.tell(key, Event::NEW);
        }
        txn.tell_of(key);
        txn.tell(key, Event::EXPIRE);
        txn.tell(key, Event::EXPIRED);
    } else {
        txn.set(key, value.into(), Deadline::At(deadline_ms));
        txn.tell(key, Event::EXPIRE);
    }
}

/// The same for a `key` that is absent, as NX sets it ([`Txn::make`]).
pub(super) fn make_until(txn: &mut Txn<'_>, key: &[u8], value: Str, deadline: Deadline) {
    match deadline {
        Deadline::At(at) if is_over(at, txn.now_ms()) => set_until(txn, key, value, at),
        _ => {
            txn.make(key, value, deadline);
            if let Deadline::At(_) = deadline {
                txn.tell(key, Event::EXPIRE);
            }
        }
    }
}
