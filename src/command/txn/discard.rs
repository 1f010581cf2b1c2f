//! DISCARD

use crate::command::context::{Answer, Call, Watched};
use crate::command::{Doc, Family, Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "discard",
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
    summary: "Forgets a transaction and what WATCH remembers.",
    since: "2.0.0",
    group: Family::Transactions,
    complexity: "O(N) with the number of queued commands",
    args: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    if call.session.multi.take().is_none() {
        return Reply::Error(ReplyError::new("ERR DISCARD without MULTI")).into();
    }
    call.session.watched = Watched::default();
    Reply::Ok.into()
}
