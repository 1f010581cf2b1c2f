//! RESET

use crate::command::context::{Answer, Call};
use crate::command::{Doc, Family, Flags, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "reset",
    1,
    Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::NO_AUTH)
        .union(Flags::ALLOW_BUSY)
        .union(Flags::IMMEDIATE),
    DOC,
    run,
);

const DOC: Doc = Doc {
    summary: "Makes the connection as new.",
    since: "6.2.0",
    group: Family::Connection,
    complexity: "O(1)",
    args: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    let authenticated = call.node.settings().requirepass.is_empty();
    call.session.reset(authenticated);
    Reply::simple("RESET").into()
}
