//! ONCE: its spec. What it runs is read in `command/once.rs`, and run in `executor/once.rs`.

use crate::command::{Arg, ArgKind, Doc, Family, Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::Args;

pub static SPEC: Spec = Spec::once("once", -3, DOC)
    .since(3)
    .flags(Flags::NOSCRIPT.union(Flags::MOVABLEKEYS).union(Flags::NO_MANDATORY_KEYS))
    .check(check);

const DOC: Doc = Doc {
    summary: "Runs a command the first time that this id is seen, and answers its reply again each time after.",
    since: "0.1.0",
    group: Family::Generic,
    complexity: "As the command",
    args: &[
        Arg::new("id", ArgKind::String),
        Arg::new("command", ArgKind::String),
        Arg::new("arg", ArgKind::String).optional().multiple(),
    ],
};

/// Longest id, bytes.
const ID_LEN_MAX: usize = 128;
const ID_TOO_LONG: ReplyError = ReplyError::new("LIMIT an id of ONCE has at most 128 bytes");

/// Refuses an id that is too long.
///
/// # Errors
/// LIMIT
pub fn check(args: &Args) -> Result<(), ReplyError> {
    if args.arg(1).len() > ID_LEN_MAX { Err(ID_TOO_LONG) } else { Ok(()) }
}
