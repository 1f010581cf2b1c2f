//! LOCK.NOTIFY

use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, Resp};

pub static SPEC: Spec = Spec::session("lock.notify", 2, Flags::NOSCRIPT.union(Flags::FAST), DOC, run)
    .since(3)
    .check(|args| is_on(args).map(drop));

const DOC: Doc = Doc {
    summary: "Tells the connection, in RESP3, of each hold acquired on it, or in a session opened on it, that ends without a release.",
    since: "0.2.0",
    group: Family::Lock,
    complexity: "O(1)",
    args: &[Arg::new("switch", ArgKind::OneOf(&[Arg::word("on", "ON"), Arg::word("off", "OFF")]))],
};

const NEEDS_RESP3: ReplyError = ReplyError::new("ERR LOCK.NOTIFY needs RESP3: send HELLO 3 first");

fn is_on(args: &Args) -> Result<bool, ReplyError> {
    if args.is(1, "ON") {
        Ok(true)
    } else if args.is(1, "OFF") {
        Ok(false)
    } else {
        Err(SYNTAX)
    }
}

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let is_on = match is_on(args) {
        Ok(true) if call.session.resp != Resp::V3 => return Reply::Error(NEEDS_RESP3).into(),
        Ok(is_on) => is_on,
        Err(error) => return Reply::Error(error).into(),
    };
    call.node.notify_of_locks(&call.session.client, is_on);
    call.session.is_notified = is_on;
    Reply::Ok.into()
}
