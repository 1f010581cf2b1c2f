//! What the subcommands of XGROUP share.

use super::replies::no_group;
use crate::command::{KeyFlags, KeySpec};
use crate::error::{NOT_AN_INTEGER, ReplyError, wrong_subcommand_arguments};
use crate::protocol::{Args, parse_i64};
use crate::store::{Group, Stream, Txn};

const NO_KEY: ReplyError = ReplyError::new(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to \
     create an empty stream automatically.",
);
const ENTRIES_READ: ReplyError = ReplyError::new("ERR value for ENTRIESREAD must be positive or -1");

/// The key of the subcommands, and what they do with it.
pub(super) const fn key(flags: KeyFlags) -> KeySpec {
    KeySpec::range(2, 0, 1, KeyFlags::RW.union(flags))
}

/// Options of CREATE and SETID.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options {
    pub makes_stream: bool,
    pub entries_read: Option<i64>,
}

impl Options {
    /// Reads them.
    ///
    /// # Errors
    /// Redis's texts.
    pub(super) fn parse(args: &Args, is_create: bool) -> Result<Self, ReplyError> {
        let mut options = Self::default();
        let mut at = 5;
        while at < args.len() {
            if is_create && args.is(at, "MKSTREAM") {
                options.makes_stream = true;
                at += 1;
            } else if args.is(at, "ENTRIESREAD") && at + 1 < args.len() {
                let read = parse_i64(args.arg(at + 1)).ok_or(NOT_AN_INTEGER)?;
                options.entries_read = match read {
                    -1 => None,
                    0.. => Some(read),
                    _ => return Err(ENTRIES_READ),
                };
                at += 2;
            } else {
                return Err(wrong_arguments(args));
            }
        }
        Ok(options)
    }
}

/// The subcommand has other arguments.
pub(super) fn wrong_arguments(args: &Args) -> ReplyError {
    wrong_subcommand_arguments("XGROUP", args.arg(1))
}

/// The stream.
///
/// # Errors
/// WRONGTYPE; or there is none.
pub(super) fn stream<'a>(txn: &'a mut Txn<'_>, args: &Args) -> Result<&'a Stream, ReplyError> {
    txn.typed::<Stream>(args.arg(2))?.ok_or(NO_KEY)
}

/// The group.
///
/// # Errors
/// WRONGTYPE; or there is no such stream, or group.
pub(super) fn group<'a>(txn: &'a mut Txn<'_>, args: &Args) -> Result<&'a Group, ReplyError> {
    stream(txn, args)?.group(args.arg(3)).ok_or_else(|| no_group(args.arg(2), args.arg(3)))
}
