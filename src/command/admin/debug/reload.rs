//! DEBUG RELOAD and LOADAOF: does what is written of this node's state give the state back? It is written and read in memory and compared;
//! the state itself stays where it is, and so nothing that others rely on changes.

use super::{PROTECTED, doc};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

const FLAGS: Flags = PROTECTED.difference(super::OPEN).union(Flags::NO_MULTI).union(Flags::CUTS_GROUP);

pub static RELOAD: Spec = Spec::session(
    "debug|reload",
    -2,
    FLAGS,
    doc("1.0.0", "O(N) with the size of all values", "Verifies that a snapshot of this node's state gives it back.")
        .args(&[Arg::new("option", ArgKind::String).optional().multiple()]),
    run,
)
.since(3);
pub static LOADAOF: Spec = Spec::session(
    "debug|loadaof",
    2,
    FLAGS,
    doc("1.0.0", "O(N) with the size of all values", "The same as DEBUG RELOAD."),
    run,
)
.since(3);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    for at in 2..args.len() {
        let error = if args.is(at, "nosave") {
            "ERR DEBUG RELOAD NOSAVE is not supported: a node's state follows from the log alone, and no file replaces it"
        } else if args.is(at, "merge") || args.is(at, "noflush") {
            continue;
        } else {
            "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."
        };
        return Reply::Error(ReplyError::new(error)).into();
    }
    let node = call.node.clone();
    Answer::later(async move { node.verify_snapshot().await.map(|()| Reply::Ok).into() })
}
