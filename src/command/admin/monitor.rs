//! MONITOR

use super::doc;
use crate::command::context::{Answer, Call};
use crate::command::{Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "monitor",
    1,
    Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::LOADING).union(Flags::STALE).union(Flags::CUTS_GROUP),
    doc("1.0.0", "O(1)", "Shows the connection all commands of the node's clients from now on."),
    run,
)
.since(3);

const IN_EXEC: ReplyError = ReplyError::new("ERR MONITOR isn't allowed for DENY BLOCKING client");

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    if call.in_exec {
        return Reply::Error(IN_EXEC).into();
    }
    // As in Redis: what watches already has no second answer.
    if call.session.is_monitoring {
        return Reply::Silent.into();
    }
    match call.node.monitor(&call.session.client, true) {
        Ok(()) => call.session.is_monitoring = true,
        Err(error) => return Reply::Error(error).into(),
    }
    Reply::Ok.into()
}
