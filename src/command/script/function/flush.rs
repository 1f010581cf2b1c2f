//! FUNCTION FLUSH

use super::{LEVEL, doc};
use crate::command::{Arg, ArgKind, Flags, Outcome, Spec};
use crate::error::{ReplyError, wrong_subcommand_arguments};
use crate::protocol::{Args, Reply};
use crate::store::{Libraries, Txn};

pub static SPEC: Spec = Spec::write(
    "function|flush",
    -2,
    doc("7.0.0", "O(N) where N is the number of functions deleted", "Removes all libraries.").args(&[Arg::new(
        "flush-type",
        ArgKind::OneOf(&[Arg::word("async", "ASYNC"), Arg::word("sync", "SYNC")]),
    )
    .optional()]),
    run,
)
.flags(Flags::NOSCRIPT)
.check(check)
.since(LEVEL);

fn check(args: &Args) -> Result<(), ReplyError> {
    match args.len() {
        2 => Ok(()),
        3 if args.is(2, "sync") || args.is(2, "async") => Ok(()),
        3 => Err(ReplyError::new("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")),
        _ => Err(wrong_subcommand_arguments("FUNCTION", args.arg(1))),
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    check(args)?;
    txn.state_mut().libraries = Libraries::default();
    txn.note(b"function flush");
    Ok(Reply::Ok)
}
