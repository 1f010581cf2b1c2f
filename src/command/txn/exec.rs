//! EXEC

use crate::command::{Doc, Flags, Group, Spec};
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call, plan_exec};

pub static SPEC: Spec = Spec::session(
    "exec",
    1,
    Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::SKIP_SLOWLOG)
        .union(Flags::IMMEDIATE)
        .union(Flags::EXECUTES),
    DOC,
    run,
);

const DOC: Doc = Doc {
    summary: "Runs a transaction, unless a watched key has changed.",
    since: "1.2.0",
    group: Group::Transactions,
    complexity: "Depends on the commands in it",
    args: &[],
};

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    match plan_exec(call.session, &SPEC, args) {
        Ok(command) => Answer::Run(command),
        Err(error) => Reply::Error(error).into(),
    }
}
