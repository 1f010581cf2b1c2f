//! ECHO

use crate::command::{Arg, ArgKind, Doc, Family, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::pure("echo", 2, DOC, run).flags(Flags::LOADING.union(Flags::STALE).union(Flags::FAST));

const DOC: Doc = Doc {
    summary: "Answers what it was given.",
    since: "1.0.0",
    group: Family::Connection,
    complexity: "O(1)",
    args: &[Arg::new("message", ArgKind::String)],
};

fn run(args: &Args) -> Outcome {
    Ok(Reply::Bulk(args.bytes(1)))
}
