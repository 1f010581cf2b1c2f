//! MULTI

use crate::command::context::{Answer, Call, Multi};
use crate::command::{Doc, Family, Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "multi",
    1,
    Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::ALLOW_BUSY)
        .union(Flags::IMMEDIATE),
    DOC,
    run,
);

const DOC: Doc = Doc {
    summary: "Starts a transaction: what follows is queued until EXEC.",
    since: "1.2.0",
    group: Family::Transactions,
    complexity: "O(1)",
    args: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    if call.session.multi.is_some() {
        return Reply::Error(ReplyError::new("ERR MULTI calls can not be nested")).into();
    }
    call.session.multi = Some(Multi::default());
    Reply::Ok.into()
}
