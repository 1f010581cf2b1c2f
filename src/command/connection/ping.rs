//! PING

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, Outcome, Run, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec {
    name: "ping",
    arity: -1,
    flags: Flags::FAST.union(Flags::LOADING),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Answers PONG, or what it was given.",
        since: "1.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        args: &[Arg::new("message", ArgKind::String).optional()],
    },
    run: Run::Pure(run),
    subcommands: &[],
};

fn run(args: &Args) -> Outcome {
    match args.len() {
        1 => Ok(Reply::simple("PONG")),
        2 => Ok(Reply::Bulk(args.bytes(1))),
        _ => Err(crate::error::wrong_arity("ping")),
    }
}
