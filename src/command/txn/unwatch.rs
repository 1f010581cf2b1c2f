//! UNWATCH

use crate::command::context::{Answer, Call, Watched};
use crate::command::{Doc, Family, Flags, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "unwatch",
    1,
    Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE).union(Flags::FAST).union(Flags::ALLOW_BUSY),
    DOC,
    run,
);

const DOC: Doc = Doc {
    summary: "Forgets what WATCH remembers.",
    since: "2.2.0",
    group: Family::Transactions,
    complexity: "O(1)",
    args: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    call.session.watched = Watched::default();
    Reply::Ok.into()
}
