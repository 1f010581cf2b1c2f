//! SHUTDOWN: the graceful stop that a signal asks for. Nothing has to be saved, so SAVE and NOSAVE do the same; FORCE too; NOW
//! has nothing to hurry. A stop cannot be called back, so ABORT finds none.

use super::doc;
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Flags, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "shutdown",
    -1,
    super::ADMIN.union(Flags::NO_MULTI).union(Flags::ALLOW_BUSY).union(Flags::CUTS_GROUP),
    doc("1.0.0", "O(1)", "Stops the node; another one leads then.").args(&[
        Arg::new("save-selector", ArgKind::OneOf(&[Arg::word("nosave", "NOSAVE"), Arg::word("save", "SAVE")]))
            .optional(),
        Arg::word("now", "NOW").optional(),
        Arg::word("force", "FORCE").optional(),
        Arg::word("abort", "ABORT").optional(),
    ]),
    run,
);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let has = |word: &str| (1..args.len()).any(|at| args.is(at, word));
    let known = |at: &usize| ["save", "nosave", "now", "force", "abort"].iter().any(|word| args.is(*at, word));
    if !(1..args.len()).all(|at| known(&at)) || (has("save") && has("nosave")) || (has("abort") && args.len() > 2) {
        return Reply::Error(SYNTAX).into();
    }
    if has("abort") {
        return Reply::Error(ReplyError::new("ERR No shutdown in progress.")).into();
    }
    tracing::info!(addr = call.session.client.addr, "SHUTDOWN: a client asked this node to stop");
    call.node.stop();
    // The connection is closed with the others: that is the answer.
    let client = call.session.client.clone();
    Answer::later(async move {
        client.dismissed().await;
        Reply::Silent
    })
}
