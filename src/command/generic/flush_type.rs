//! The argument of FLUSHDB and FLUSHALL. Either way the keys are gone at once and their memory is freed in the
//! background.

use crate::command::{Arg, ArgKind};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::Args;

/// Its documentation.
pub const FLUSH_TYPE: Arg =
    Arg::new("flush-type", ArgKind::OneOf(&[Arg::word("async", "ASYNC"), Arg::word("sync", "SYNC")])).optional();

/// Checks it.
///
/// # Errors
/// `ERR syntax error` for another word, or more than one.
pub fn check_mode(args: &Args) -> Result<(), ReplyError> {
    match args.len() {
        1 => Ok(()),
        2 if args.is(1, "ASYNC") || args.is(1, "SYNC") => Ok(()),
        _ => Err(SYNTAX),
    }
}
