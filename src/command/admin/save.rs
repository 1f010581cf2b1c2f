//! SAVE, BGSAVE, BGREWRITEAOF, LASTSAVE: snapshots of this node, as RAFT.SNAPSHOT takes them. No acknowledged write depends on them. A snapshot
//! is what lets the beginning of the log go, so it is what Redis calls a rewrite too.

use super::doc;
use crate::command::context::{Answer, Call, Node};
use crate::command::{Arg, Categories, Flags, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};

const FLAGS: Flags = Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_ASYNC_LOADING).union(Flags::FREES);

pub static SAVE: Spec = Spec::session(
    "save",
    1,
    FLAGS.union(Flags::NO_MULTI).union(Flags::CUTS_GROUP),
    doc("1.0.0", "O(N) with the number of keys", "Takes a snapshot and answers when it is on disk."),
    save,
);
pub static BGSAVE: Spec = Spec::session(
    "bgsave",
    -1,
    FLAGS,
    doc("1.0.0", "O(1)", "Begins a snapshot.").args(&[Arg::word("schedule", "SCHEDULE").optional()]),
    background,
);
pub static BGREWRITEAOF: Spec = Spec::session(
    "bgrewriteaof",
    1,
    FLAGS,
    doc("1.0.0", "O(1)", "Begins a snapshot, which lets the log before it go."),
    rewrite,
)
.since(3);
pub static LASTSAVE: Spec = Spec::session(
    "lastsave",
    1,
    Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    doc("1.0.0", "O(1)", "Returns when the last snapshot was taken, in Unix seconds."),
    last,
)
.categories(Categories::ADMIN.union(Categories::DANGEROUS));

fn save(call: &mut Call<'_>, _args: &Args) -> Answer {
    let node = call.node.clone();
    Answer::later(async move { node.take_snapshot().await.map(|()| Reply::Ok).into() })
}

fn background(call: &mut Call<'_>, args: &Args) -> Answer {
    if args.len() > 2 || (args.len() == 2 && !args.is(1, "schedule")) {
        return Reply::Error(SYNTAX).into();
    }
    if call.node.snapshots().in_progress {
        return if args.len() == 2 {
            Reply::simple("Background saving scheduled")
        } else {
            Reply::Error(ReplyError::new("ERR Background save already in progress"))
        }
        .into();
    }
    call.node.begin_snapshot().map(|()| Reply::simple("Background saving started")).into()
}

/// One that is asked for while another is written comes behind that.
fn rewrite(call: &mut Call<'_>, _args: &Args) -> Answer {
    let text = match call.node.snapshots().in_progress {
        true => "Background append only file rewriting scheduled",
        false => "Background append only file rewriting started",
    };
    call.node.begin_snapshot().map(|()| Reply::simple(text)).into()
}

/// The last snapshot's time; before the first one of this process, its start, as in Redis.
pub fn last_save_s(node: &dyn Node) -> u64 {
    match node.snapshots().last_s {
        0 => node.process().started_ms / 1000,
        taken_s => taken_s,
    }
}

fn last(call: &mut Call<'_>, _args: &Args) -> Answer {
    Reply::Int(last_save_s(&**call.node) as i64).into()
}
