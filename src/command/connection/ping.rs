//! PING

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call};

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
    run: Run::Session(run),
    subcommands: &[],
};

fn run(_call: &mut Call<'_>, args: &Args) -> Answer {
    match args.len() {
        1 => Reply::simple("PONG").into(),
        2 => Reply::Bulk(args.bytes(1)).into(),
        _ => Reply::Error(crate::error::wrong_arity("ping")).into(),
    }
}
