//! WATCH
//!
//! The marks of the keys are read linearizably, and compared when EXEC is applied: so it holds on any node and
//! over a leader change. A WATCH that fails, however it does, leaves EXEC refused ([`crate::command::context::Watched`]).

use crate::command::context::{Answer, COMMAND_BYTES_MAX, Call, Finish, Watch};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

/// Most keys that one connection may watch. Together they are no longer than the EXEC that names them may be.
const WATCHED_MAX: usize = 100_000;

pub static SPEC: Spec = Spec::session(
    "watch",
    -2,
    Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::ALLOW_BUSY)
        .union(Flags::IMMEDIATE)
        .union(Flags::CUTS_GROUP),
    DOC,
    run,
)
.keys(&[KeySpec::range(1, -1, 1, KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Lets EXEC run only if the keys have not changed meanwhile.",
    since: "2.2.0",
    group: Family::Transactions,
    complexity: "O(1) for each key",
    args: &[Arg::new("key", ArgKind::Key(0)).multiple()],
};

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    if call.session.multi.is_some() {
        return Reply::Error(ReplyError::new("ERR WATCH inside MULTI is not allowed")).into();
    }
    let db = call.session.db as u8;
    let watched = &mut call.session.watched;
    let was_incomplete = std::mem::replace(&mut watched.incomplete, true);
    let keys: Vec<Watch> = (1..args.len())
        .map(|i| Watch::unread(db, bytes::Bytes::copy_from_slice(args.arg(i))))
        .filter(|new| !watched.marks.iter().any(|known| known.db == new.db && known.key == new.key))
        .collect();
    let bytes: usize = watched.marks.iter().chain(&keys).map(|watch| watch.key.len()).sum();
    if watched.marks.len() + keys.len() > WATCHED_MAX || bytes > COMMAND_BYTES_MAX {
        return Reply::Error(ReplyError::new("LIMIT too many watched keys")).into();
    }
    let node = call.node.clone();
    Answer::Later(Box::pin(async move {
        let marks = node.watch(keys).await;
        let finish: Finish = Box::new(move |session| match marks {
            Ok(marks) => {
                session.watched.marks.extend(marks);
                session.watched.incomplete = was_incomplete;
                Reply::Ok
            }
            Err(error) => Reply::Error(error),
        });
        finish
    }))
}
