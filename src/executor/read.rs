//! A read that waits: for its index, for the gate, for a turn, for a tick.

use std::future::Future;
use std::pin::pin;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::{CommandGroup, Step, Watch};
use crate::error::{LOADING, ReplyError};
use crate::store::About;

/// Something that looks at the state, and until when.
pub struct Read {
    /// What.
    pub work: Work,
    /// When it fails.
    pub deadline: Instant,
}

/// What looks at the state.
pub enum Work {
    /// A group without writes.
    Commands(CommandGroup),
    /// Keys that WATCH has to remember, and who does.
    Watch(Vec<Watch>, oneshot::Sender<Result<Vec<Watch>, ReplyError>>),
    /// Only the index itself.
    Index(oneshot::Sender<Result<u64, ReplyError>>),
}

impl Read {
    /// Number of its commands.
    pub fn commands(&self) -> usize {
        if let Work::Commands(commands) = &self.work { commands.steps.len() } else { 1 }
    }

    /// Answers it with LOADING.
    pub fn fail(self) {
        match self.work {
            Work::Commands(commands) => commands.fail(&LOADING),
            // Dropped receivers are closed connections.
            Work::Watch(_, done) => drop(done.send(Err(LOADING))),
            Work::Index(done) => drop(done.send(Err(LOADING))),
        }
    }

    /// What each of its commands may be about.
    pub(super) fn abouts(&self) -> impl Iterator<Item = About<'_>> {
        let steps = if let Work::Commands(commands) = &self.work { commands.steps.as_slice() } else { &[] };
        steps.iter().filter_map(|step| match step {
            Step::Read(command) => command.spec.about(command.db, &command.args),
            _ => None,
        })
    }
}

/// Waits for `future`, and lets those of `reads` fail whose time is over meanwhile; None once nobody is left.
pub async fn within_deadlines<T>(reads: &mut Vec<Read>, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    while let Some(first) = reads.iter().map(|read| read.deadline).min() {
        if let Ok(value) = timeout_at(first, &mut future).await {
            return Some(value);
        }
        let (late, rest): (Vec<_>, Vec<_>) = std::mem::take(reads).into_iter().partition(|read| read.deadline <= first);
        *reads = rest;
        late.into_iter().for_each(Read::fail);
    }
    None
}
