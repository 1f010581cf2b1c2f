//! READONLY, READWRITE: OK, and nothing else, because clients send them unasked; with `readonly-means-local` they choose the level
//! of reads.

use crate::command::context::{Answer, Call};
use crate::command::{Doc, Family, Flags, Spec};
use crate::config::ReadLevel;
use crate::protocol::{Args, Reply};

const FLAGS: Flags = Flags::LOADING.union(Flags::STALE).union(Flags::FAST);

pub static READONLY: Spec = Spec::session(
    "readonly",
    1,
    FLAGS,
    Doc::new(Family::Connection, "3.0.0", "O(1)", "With readonly-means-local: makes the connection's reads local."),
    |call: &mut Call<'_>, _: &Args| choose(call, ReadLevel::Local),
);
pub static READWRITE: Spec = Spec::session(
    "readwrite",
    1,
    FLAGS,
    Doc::new(
        Family::Connection,
        "3.0.0",
        "O(1)",
        "With readonly-means-local: makes the connection's reads linearizable.",
    ),
    |call: &mut Call<'_>, _: &Args| choose(call, ReadLevel::Linearizable),
);

fn choose(call: &mut Call<'_>, level: ReadLevel) -> Answer {
    if call.node.settings().readonly_means_local {
        call.session.level = Some(level);
    }
    Reply::Ok.into()
}
