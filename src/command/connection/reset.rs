//! RESET

use crate::command::{Categories, Doc, Flags, Group, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call};

pub static SPEC: Spec = Spec {
    name: "reset",
    arity: 1,
    flags: Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::NO_AUTH)
        .union(Flags::ALLOW_BUSY)
        .union(Flags::IMMEDIATE),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Makes the connection as new.",
        since: "6.2.0",
        group: Group::Connection,
        complexity: "O(1)",
        args: &[],
    },
    run: Run::Session(run),
    subcommands: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    let authenticated = call.server.settings().requirepass.is_empty();
    call.session.reset(authenticated);
    Reply::simple("RESET").into()
}
