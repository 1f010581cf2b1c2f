//! RAFT.SNAPSHOT

use crate::command::context::{Answer, Call};
use crate::command::{Doc, Family, Flags, Spec};
use crate::error::DISK_FULL;
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "raft.snapshot",
    1,
    Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_MULTI).union(Flags::CUTS_GROUP).union(Flags::FREES),
    DOC,
    run,
);

const DOC: Doc = Doc {
    summary: "Takes a snapshot on this node and answers when it is on disk.",
    since: "1.0.0",
    group: Family::Cluster,
    complexity: "O(N) with the number of keys",
    args: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    let node = call.node.clone();
    Answer::later(async move {
        if node.is_disk_full() {
            return Reply::Error(DISK_FULL);
        }
        node.take_snapshot().await.map(|()| Reply::Ok).into()
    })
}
