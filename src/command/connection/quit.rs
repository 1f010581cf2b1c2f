//! QUIT

use crate::command::{Categories, Doc, Flags, Group, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call};

pub static SPEC: Spec = Spec {
    name: "quit",
    arity: -1,
    flags: Flags::ALLOW_BUSY
        .union(Flags::NOSCRIPT)
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::NO_AUTH)
        .union(Flags::IMMEDIATE),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Closes the connection.",
        since: "1.0.0",
        group: Group::Connection,
        complexity: "O(1)",
        args: &[],
    },
    run: Run::Session(run),
    subcommands: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    call.session.closing = true;
    Reply::Ok.into()
}
