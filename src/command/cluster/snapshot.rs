//! RAFT.SNAPSHOT

use crate::command::{Doc, Flags, Group, Spec};
use crate::error::{DISK_FULL, LOADING, ReplyError};
use crate::executor::DiskSpace;
use crate::protocol::{Args, Reply};
use crate::server::{Answer, Call};

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
    group: Group::Cluster,
    complexity: "O(N) with the number of keys",
    args: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    let server = call.server.clone();
    Answer::later(async move {
        let Some(group) = server.router.group() else { return Reply::Error(LOADING) };
        if group.own_disk_space() == DiskSpace::Out {
            return Reply::Error(DISK_FULL);
        }
        match crate::replication::snapshot::take(group).await {
            Ok(()) => Reply::Ok,
            Err(why) => Reply::Error(ReplyError::text(format!("ERR {why}"))),
        }
    })
}
