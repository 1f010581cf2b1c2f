//! UNWATCH

use crate::command::{Categories, Doc, Flags, Group, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call, Watched};

pub static SPEC: Spec = Spec {
    name: "unwatch",
    arity: 1,
    flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE).union(Flags::FAST).union(Flags::ALLOW_BUSY),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Forgets what WATCH remembers.",
        since: "2.2.0",
        group: Group::Transactions,
        complexity: "O(1)",
        args: &[],
    },
    run: Run::Session(run),
    subcommands: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    call.session.watched = Watched::default();
    Reply::Ok.into()
}
