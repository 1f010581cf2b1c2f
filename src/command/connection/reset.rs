//! RESET

use crate::command::context::{Answer, Call, Finish};
use crate::command::{Doc, Family, Flags, Spec};
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "reset",
    1,
    Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::NO_AUTH)
        .union(Flags::ALLOW_BUSY)
        .union(Flags::IMMEDIATE)
        .union(Flags::CUTS_GROUP)
        .union(Flags::WHILE_SUBSCRIBED),
    DOC,
    run,
);

const DOC: Doc = Doc {
    summary: "Makes the connection as new.",
    since: "6.2.0",
    group: Family::Connection,
    complexity: "O(1)",
    args: &[],
};

fn run(call: &mut Call<'_>, _args: &Args) -> Answer {
    call.node.notify_of_locks(&call.session.client, false);
    call.node.track(&call.session.client, None);
    if call.session.is_monitoring && call.node.monitor(&call.session.client, false).is_ok() {
        call.session.is_monitoring = false;
    }
    let (is_subscribed, is_bound) = (!call.session.subscribed.is_empty(), call.session.is_bound);
    if !is_subscribed && !is_bound {
        call.session.reset(call.node.newcomer());
        return Reply::simple("RESET").into();
    }
    call.session.waits += 1;
    let (node, connection, number) = (call.node.clone(), call.session.client.id, call.session.waits);
    Answer::Later(Box::pin(async move {
        let mut ended = Reply::Ok;
        if is_subscribed {
            ended = node.end_subscriptions(connection, number).await;
        }
        if is_bound && !ended.is_error() {
            ended = node.leave(connection, number).await;
        }
        let finish: Finish = Box::new(move |session| {
            session.reset(node.newcomer());
            // Whether the state still has them is not known: the end of the connection ends them.
            session.closing = ended.is_error();
            session.is_bound = ended.is_error();
            if ended.is_error() { ended } else { Reply::simple("RESET") }
        });
        finish
    }))
}
