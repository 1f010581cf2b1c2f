//! RAFT.ADD

use crate::command::{Arg, ArgKind, Doc, Flags, Group, Spec};
use std::time::Duration;

use crate::command::context::{Answer, Call, Node};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};

pub static SPEC: Spec = Spec::session(
    "raft.add",
    -2,
    Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_MULTI).union(Flags::CUTS_GROUP).union(Flags::TAKES_IN),
    DOC,
    run,
);

const DOC: Doc = Doc {
    summary: "Takes a node that waits at this client address into the cluster.",
    since: "1.0.0",
    group: Group::Cluster,
    complexity: "O(1)",
    args: &[Arg::new("address", ArgKind::String), Arg::word("learner", "LEARNER").optional()],
};

/// How long the node is waited for.
const WAIT_MAX: Duration = Duration::from_secs(10);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let learner = args.len() == 3 && args.is(2, "LEARNER");
    if args.len() > 3 || (args.len() == 3 && !learner) {
        return Reply::Error(crate::error::SYNTAX).into();
    }
    let addr = match super::address(args.arg(1)) {
        Ok(addr) => addr,
        Err(error) => return Reply::Error(error).into(),
    };
    let node = call.node.clone();
    Answer::later(async move { add(&*node, &addr, learner).await })
}

async fn add(node: &dyn Node, addr: &str, learner: bool) -> Reply {
    let spec = &super::internal::INVITE;
    let kind: &[u8] = if learner { b"learner" } else { b"voter" };
    let reply = node.execute(spec, Args::from_slices([spec.name.as_bytes(), addr.as_bytes(), kind])).await;
    if reply.is_error() {
        return reply;
    }
    let own = match node.identity() {
        Ok(identity) => node.members().await.remove(&identity.node).map(|member| member.client_addr),
        Err(error) => return Reply::Error(error),
    };
    // A node that was started with --join calls by itself; one with --must-join waits for this.
    let called = node.invite(addr, &own.unwrap_or_default()).await;
    let until = tokio::time::Instant::now() + WAIT_MAX;
    while tokio::time::Instant::now() < until {
        if node.members().await.values().any(|member| member.client_addr == addr) {
            return Reply::Ok;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let why = called.err().map_or_else(String::new, |error| format!(" ({error})"));
    Reply::Error(ReplyError::text(format!(
        "ERR the node at {addr} has not joined yet{why}: start it with an empty --dir and --join or --must-join; it will be \
         taken in when it calls"
    )))
}
