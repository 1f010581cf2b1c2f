//! LOCK.GUARD: a write that a holder whose lock is over cannot make.

use super::held;
use super::request::{NAME, TOKEN, token};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Guarded, KeyFlags, KeySpec, Spec};
use crate::error::ReplyError;
use crate::protocol::Args;
use crate::store::Txn;

pub static SPEC: Spec = Spec::guarded("lock.guard", -4, DOC, Guarded { command_at: 3, admit })
    .since(3)
    .flags(Flags::DENYOOM)
    .check(|args| token(args.arg(2)).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS).union(KeyFlags::INCOMPLETE))]);

const DOC: Doc = Doc {
    summary: "Runs a command if a lock is held now with this token, and else does nothing.",
    since: "0.2.0",
    group: Family::Lock,
    complexity: "That of the command",
    args: &[NAME, TOKEN, Arg::new("command", ArgKind::String), Arg::new("arg", ArgKind::String).multiple().optional()],
};

const FENCED: ReplyError = ReplyError::new("FENCED the lock is not held with this token; the command was not executed");

/// Lets who holds the lock run the command.
fn admit(txn: &mut Txn<'_>, args: &Args) -> Result<(), ReplyError> {
    let token = token(args.arg(2))?;
    if held::holds(&txn.view(), args.arg(1))?.any(|hold| hold.token == token) { Ok(()) } else { Err(FENCED) }
}
