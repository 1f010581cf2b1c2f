//! RAFT.ADD: finds out which node is at the address, records that it is to join, and calls it if it waits for that. From then on it goes
//! by the node's nonce: the address is one of its names, and the node may join by another.

use crate::command::{Arg, ArgKind, Doc, Family, Flags, Spec};
use std::time::Duration;

use crate::command::context::{Answer, Call, Found, Node};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::Member;

pub static SPEC: Spec = Spec::session(
    "raft.add",
    -2,
    Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::NO_MULTI).union(Flags::CUTS_GROUP).union(Flags::TAKES_IN),
    DOC,
    run,
)
.check(|args| request(args).map(drop));

const DOC: Doc = Doc {
    summary: "Takes a node that waits at this client address into the cluster.",
    since: "1.0.0",
    group: Family::Cluster,
    complexity: "O(1)",
    args: &[Arg::new("address", ArgKind::String), Arg::word("learner", "LEARNER").optional()],
};

/// How long the node is waited for.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Pause between two looks, and between two calls in vain.
const PAUSE: Duration = Duration::from_millis(20);
const PAUSE_IN_VAIN: Duration = Duration::from_millis(200);

/// Address, and whether it is to stay a learner.
fn request(args: &Args) -> Result<(String, bool), ReplyError> {
    let learner = args.len() == 3 && args.is(2, "LEARNER");
    if args.len() > 3 || (args.len() == 3 && !learner) {
        return Err(SYNTAX);
    }
    Ok((super::address(args.arg(1))?, learner))
}

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let node = call.node.clone();
    match request(args) {
        Ok((addr, learner)) => Answer::later(async move { add(&*node, &addr, learner).await.into() }),
        Err(error) => Reply::Error(error).into(),
    }
}

/// What this node has found out about the one that is to join, and done about it.
#[derive(Default)]
struct Progress {
    nonce: Option<u64>,
    /// Recorded by its address.
    by_addr: bool,
    /// A node that was started with --join calls by itself; one with --must-join waits for this.
    called: bool,
}

async fn add(node: &dyn Node, addr: &str, learner: bool) -> Result<Reply, ReplyError> {
    let until = tokio::time::Instant::now() + WAIT_MAX;
    let (mut progress, mut why) = (Progress::default(), String::new());
    loop {
        let pause = if progress.called {
            PAUSE
        } else {
            match tokio::time::timeout_at(until, progress.go_on(node, addr, learner)).await {
                Ok(step) => why = step?.err().map_or_else(String::new, |why| format!(" ({why})")),
                Err(_) if why.is_empty() => why = " (it does not answer)".into(),
                Err(_) => {}
            }
            if progress.called { PAUSE } else { PAUSE_IN_VAIN }
        };
        let is_meant =
            |member: &Member| progress.nonce.map_or(member.client_addr == addr, |nonce| member.nonce == nonce);
        if node.members().await.values().any(is_meant) {
            return Ok(Reply::Ok);
        }
        if tokio::time::Instant::now() >= until {
            return Err(ReplyError::text(format!(
                "ERR the node at {addr} has not joined yet{why}: start it with an empty --dir and --join or --must-join; it will be taken in when \
                 it calls"
            )));
        }
        tokio::time::sleep(pause).await;
    }
}

impl Progress {
    /// Finds out which node is at `addr`, records that it is to join, and calls it. The inner error says why there is more to do.
    async fn go_on(&mut self, node: &dyn Node, addr: &str, learner: bool) -> Result<Result<(), String>, ReplyError> {
        if self.nonce.is_none() {
            match node.who_is_at(addr).await {
                Ok(found) => {
                    refuse_a_stranger(node, &found, addr)?;
                    // A node of an older binary, while there is one, knows invitations by address alone.
                    let spec = &super::internal::INVITE_NODE;
                    if node.raft().is_some_and(|raft| spec.is_known_at(raft.level)) {
                        record(node, spec, &[&found.nonce.to_string(), kind(learner), addr]).await?;
                    } else {
                        record(node, &super::internal::INVITE, &[addr, kind(learner)]).await?;
                    }
                    self.nonce = Some(found.nonce);
                }
                Err(why) => {
                    if !self.by_addr {
                        record(node, &super::internal::INVITE, &[addr, kind(learner)]).await?;
                        self.by_addr = true;
                    }
                    return Ok(Err(why));
                }
            }
        }
        let called = node.invite(addr).await;
        self.called = called.is_ok();
        Ok(called)
    }
}

/// A member of another cluster cannot be taken in.
fn refuse_a_stranger(node: &dyn Node, found: &Found, addr: &str) -> Result<(), ReplyError> {
    let own = format!("{:032x}", node.identity()?.cluster);
    if found.cluster.is_empty() || found.cluster == own {
        return Ok(());
    }
    Err(ReplyError::text(format!(
        "ERR the node at {addr} belongs to another cluster ({:.8}): only one with an empty --dir can join",
        found.cluster
    )))
}

fn kind(learner: bool) -> &'static str {
    if learner { "learner" } else { "voter" }
}

async fn record(node: &dyn Node, spec: &'static Spec, args: &[&str]) -> Result<(), ReplyError> {
    let args = std::iter::once(spec.name).chain(args.iter().copied());
    match node.execute(spec, Args::from_slices(args)).await {
        Reply::Error(error) => Err(error),
        _ => Ok(()),
    }
}
