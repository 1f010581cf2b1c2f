//! What RAFT.PROMOTE and RAFT.REMOVE share: record the wish, then wait until the log says what became of it.

use std::time::Duration;

use crate::command::Spec;
use crate::command::context::{Answer, Call, Client, Node};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::Member;

/// How long the outcome is waited for.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Records `what` for the node that `args` name, and answers when `done` says so of the member (None: it is gone).
pub fn wish(call: &Call<'_>, args: &Args, what: &'static str, done: fn(Option<&Member>, bool) -> bool) -> Answer {
    let Some(node) = super::number(args.arg(1)) else {
        return Reply::Error(ReplyError::new("ERR a node id is expected, RAFT.NODES lists them")).into();
    };
    let (this, client) = (call.node.clone(), call.session.client.clone());
    Answer::later(async move {
        let spec: &'static Spec = &super::internal::WISH;
        let args = Args::from_slices([spec.name.as_bytes(), node.to_string().as_bytes(), what.as_bytes()]);
        let reply = this.execute(spec, args).await;
        if reply.is_error() && !is_gone(&*this, &client, node) {
            return reply;
        }
        let until = tokio::time::Instant::now() + WAIT_MAX;
        loop {
            let member = if is_gone(&*this, &client, node) { None } else { this.members().await.remove(&node) };
            let is_voter = this.is_voter(node);
            if let Some(why) = member.as_ref().map(|member| &member.refused).filter(|why| !why.is_empty()) {
                return Reply::Error(ReplyError::text(format!("ERR {why}")));
            }
            if done(member.as_ref(), is_voter) {
                return Reply::Ok;
            }
            if tokio::time::Instant::now() > until {
                return Reply::Error(ReplyError::new(
                    "ERR the wish is recorded, but not carried out yet: RAFT.NODES shows what it waits for",
                ));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
}

/// True if `node` is this one and was removed: its own state may never say so, because nobody sends it the entry that does. The client is
/// dismissed by then, so nothing that it has sent behind RAFT.REMOVE is carried out.
fn is_gone(this: &dyn Node, client: &Client, node: u64) -> bool {
    client.is_dismissed() && this.identity().is_ok_and(|own| own.node == node) && this.is_removed(node)
}
