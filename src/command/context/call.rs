//! What a session command gets and gives.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::{Node, Session, Table, Watch};
use crate::command::Spec;
use crate::protocol::{Args, Reply};

/// The connection and the node that a session command runs on.
pub struct Call<'a> {
    /// The connection's session.
    pub session: &'a mut Session,
    /// The node.
    pub node: &'a Arc<dyn Node>,
    /// All commands.
    pub commands: &'static dyn Table,
    /// It runs as part of a transaction: it must not wait for what others do.
    pub in_exec: bool,
}

/// What a session command answers.
pub enum Answer {
    /// At once.
    Reply(Reply),
    /// What this transaction returns.
    Execute(Transaction),
    /// Later, when something other than a log entry of its own is done. Only commands with `Flags::CUTS_GROUP`.
    Later(Later),
}

/// A queued transaction that is to run.
#[derive(Debug)]
pub struct Transaction {
    /// Its commands.
    pub queue: Vec<(&'static Spec, Args)>,
    /// The watched keys as they were.
    pub watches: Vec<Watch>,
}

/// Work outside the session; what it returns runs on the session again and gives the reply.
pub type Later = Pin<Box<dyn Future<Output = Finish> + Send>>;
/// See [`Later`].
pub type Finish = Box<dyn FnOnce(&mut Session) -> Reply + Send>;

impl Answer {
    /// An answer that needs nothing of the session any more.
    pub fn later(work: impl Future<Output = Reply> + Send + 'static) -> Self {
        Self::Later(Box::pin(async move {
            let reply = work.await;
            let finish: Finish = Box::new(move |_| reply);
            finish
        }))
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl From<Result<Reply, crate::error::ReplyError>> for Answer {
    fn from(result: Result<Reply, crate::error::ReplyError>) -> Self {
        Self::Reply(result.into())
    }
}
