//! SAVE, BGSAVE, LASTSAVE: snapshots of this node, as RAFT.SNAPSHOT takes them. No acknowledged write depends on them.

use std::sync::atomic::Ordering;

use super::doc;
use crate::command::{Arg, Categories, Flags, Spec};
use crate::error::{LOADING, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::replication::snapshot::take;
use crate::server::{Answer, Call};

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
pub static LASTSAVE: Spec = Spec::session(
    "lastsave",
    1,
    Flags::LOADING.union(Flags::STALE).union(Flags::FAST),
    doc("1.0.0", "O(1)", "Returns when the last snapshot was taken, in Unix seconds."),
    last,
)
.categories(Categories::ADMIN.union(Categories::DANGEROUS));

fn save(call: &mut Call<'_>, _args: &Args) -> Answer {
    let server = call.server.clone();
    Answer::later(async move {
        let Some(group) = server.router.group() else { return Reply::Error(LOADING) };
        match take(group).await {
            Ok(()) => Reply::Ok,
            Err(why) => Reply::Error(ReplyError::text(format!("ERR {why}"))),
        }
    })
}

fn background(call: &mut Call<'_>, args: &Args) -> Answer {
    if args.len() > 2 || (args.len() == 2 && !args.is(1, "schedule")) {
        return Reply::Error(SYNTAX).into();
    }
    let Some(group) = call.server.router.group().cloned() else { return Reply::Error(LOADING).into() };
    if group.snapshots.stats.in_progress.load(Ordering::Relaxed) == 1 {
        return if args.len() == 2 {
            Reply::simple("Background saving scheduled")
        } else {
            Reply::Error(ReplyError::new("ERR Background save already in progress"))
        }
        .into();
    }
    drop(crate::replication::spawn(async move {
        if let Err(why) = take(&group).await {
            crate::sys::log::warning(&format!("BGSAVE: {why}"));
        }
    }));
    Reply::simple("Background saving started").into()
}

/// The last snapshot's time; before the first one of this process, its start, as in Redis.
pub fn last_save_s(server: &crate::server::Server) -> u64 {
    let taken = server.router.groups().map(|group| group.snapshots.stats.last_s.load(Ordering::Relaxed)).max();
    taken.filter(|at| *at > 0).unwrap_or(server.stats.started_ms / 1000)
}

fn last(call: &mut Call<'_>, _args: &Args) -> Answer {
    Reply::Int(last_save_s(call.server) as i64).into()
}
