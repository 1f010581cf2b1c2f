//! EXEC

use crate::command::context::{Answer, Call, Transaction};
use crate::command::{Doc, Family, Flags, Spec};
use crate::error::{EXEC_ABORT, ReplyError};
use crate::protocol::{Args, Reply};

/// EXEC.
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
    group: Family::Transactions,
    complexity: "Depends on the commands in it",
    args: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    let Some(multi) = call.session.multi.take() else {
        return Reply::Error(ReplyError::new("ERR EXEC without MULTI")).into();
    };
    let watched = std::mem::take(&mut call.session.watched);
    if multi.aborted || watched.incomplete {
        return Reply::Error(EXEC_ABORT).into();
    }
    Answer::Execute(Transaction { queue: multi.queue, watches: watched.marks })
}
