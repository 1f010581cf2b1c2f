//! SCRIPT DEBUG

use crate::command::{Arg, ArgKind, Doc, Family, Flags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::pure("script|debug", 3, DOC, run).flags(Flags::NOSCRIPT);

const DOC: Doc = Doc {
    summary: "Switches the debugger of scripts off; there is none to be switched on.",
    since: "3.2.0",
    group: Family::Scripting,
    complexity: "O(1)",
    args: &[Arg::new(
        "mode",
        ArgKind::OneOf(&[Arg::word("yes", "YES"), Arg::word("sync", "SYNC"), Arg::word("no", "NO")]),
    )],
};

fn run(args: &Args) -> Outcome {
    if args.is(2, "no") {
        return Ok(Reply::Ok);
    }
    if args.is(2, "yes") || args.is(2, "sync") {
        // A script that stops for somebody to look at it would stop every node.
        return Err(ReplyError::new("ERR SCRIPT DEBUG YES and SYNC are not supported: scripts run on every node"));
    }
    Err(ReplyError::new("ERR Use SCRIPT DEBUG YES/SYNC/NO"))
}
