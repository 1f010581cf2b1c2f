//! EX, PX, EXAT, PXAT and a word without an amount, as HGETEX and HSETEX take them.

use super::field_time::FieldTime;
use crate::command::string::expire_option::Time;
use crate::command::{Arg, ArgKind};

/// What the options of a command say about the ends of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldOption {
    /// Nothing.
    Unsaid,
    /// The command's word: KEEPTTL or PERSIST.
    Word,
    /// When they end.
    At(FieldTime),
}

/// What stands at an argument.
pub(super) enum Found {
    /// The word.
    Word,
    /// One of the four, whose amount is the next argument.
    Time(Time),
}

/// Looks for an option.
pub(super) fn find(arg: &[u8], word: &str) -> Option<Found> {
    if arg.eq_ignore_ascii_case(word.as_bytes()) { Some(Found::Word) } else { Time::of(arg).map(Found::Time) }
}

/// The documentation of the four.
pub(super) const SECONDS: Arg = Arg::new("seconds", ArgKind::Integer).token("EX");
pub(super) const MILLISECONDS: Arg = Arg::new("milliseconds", ArgKind::Integer).token("PX");
pub(super) const AT_SECONDS: Arg = Arg::new("unix-time-seconds", ArgKind::UnixTime).token("EXAT");
pub(super) const AT_MILLISECONDS: Arg = Arg::new("unix-time-milliseconds", ArgKind::UnixTime).token("PXAT");
