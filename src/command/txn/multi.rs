//! MULTI

use crate::command::{Categories, Doc, Flags, Group, Run, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call, Multi};

pub static SPEC: Spec = Spec {
    name: "multi",
    arity: 1,
    flags: Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::ALLOW_BUSY)
        .union(Flags::IMMEDIATE),
    categories: Categories::empty(),
    keys: &[],
    doc: Doc {
        summary: "Starts a transaction: what follows is queued until EXEC.",
        since: "1.2.0",
        group: Group::Transactions,
        complexity: "O(1)",
        args: &[],
    },
    run: Run::Session(run),
    subcommands: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    if call.session.multi.is_some() {
        return Reply::Error(ReplyError::new("ERR MULTI calls can not be nested")).into();
    }
    call.session.multi = Some(Multi::default());
    Reply::Ok.into()
}
