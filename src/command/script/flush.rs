//! SCRIPT FLUSH

use crate::command::{Arg, ArgKind, Doc, Family, Flags, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec =
    Spec::write("script|flush", -2, DOC, run).without(Flags::WRITE).flags(Flags::NOSCRIPT).check(check);

const DOC: Doc = Doc {
    summary: "Forgets all loaded scripts.",
    since: "2.6.0",
    group: Family::Scripting,
    complexity: "O(N) with N being the number of scripts in cache",
    args: &[
        Arg::new("flush-type", ArgKind::OneOf(&[Arg::word("async", "ASYNC"), Arg::word("sync", "SYNC")])).optional()
    ],
};

fn check(args: &Args) -> Result<(), ReplyError> {
    match args.len() {
        2 => Ok(()),
        3 if args.is(2, "sync") || args.is(2, "async") => Ok(()),
        _ => Err(ReplyError::new("ERR SCRIPT FLUSH only support SYNC|ASYNC option")),
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    check(args)?;
    txn.state_mut().scripts.clear();
    txn.note(b"script flush");
    Ok(Reply::Ok)
}
