//! QUIT

use crate::command::context::{Answer, Call};
use crate::command::{Doc, Family, Flags, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "quit",
    -1,
    Flags::ALLOW_BUSY
        .union(Flags::NOSCRIPT)
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::NO_AUTH)
        .union(Flags::IMMEDIATE)
        .union(Flags::WHILE_SUBSCRIBED),
    DOC,
    run,
);

const DOC: Doc =
    Doc { summary: "Closes the connection.", since: "1.0.0", group: Family::Connection, complexity: "O(1)", args: &[] };

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    call.session.closing = true;
    Reply::Ok.into()
}
