//! PING

use crate::command::{Arg, ArgKind, Doc, Family, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec =
    Spec::pure("ping", -1, DOC, run).flags(Flags::FAST.union(Flags::LOADING).union(Flags::WHILE_SUBSCRIBED));

const DOC: Doc = Doc {
    summary: "Answers PONG, or what it was given.",
    since: "1.0.0",
    group: Family::Connection,
    complexity: "O(1)",
    args: &[Arg::new("message", ArgKind::String).optional()],
};

fn run(args: &Args) -> Outcome {
    match args.len() {
        1 => Ok(Reply::simple("PONG")),
        2 => Ok(Reply::Bulk(args.bytes(1))),
        _ => Err(crate::error::wrong_arity("ping")),
    }
}
