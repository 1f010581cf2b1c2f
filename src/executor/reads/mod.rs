//! Reads whose index is applied: they look at the state behind the gate, and are answered.
//!
//! Invariants
//! - A read has one deadline, `write-timeout-ms` from when it came, wherever it waits: for its index, for the gate, for a turn among those
//!   that read much, for a tick. What has no answer by then is told LOADING; the others that wait with it go on.
//! - A read that met a key which is due by the clock but not by the log is run again after a tick.
//! - What works much runs apart, on an image and a thread of its own, and scripts take no more than half of the turns for that: a client's
//!   endless scripts do not keep another's KEYS from being read.

mod apart;
mod execution;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use self::apart::run_apart;
use self::execution::{Pass, ReadExecution, is_heavy};
use super::contract::Consensus;
use super::{CommandGroup, Step, StoreExecutor, Watch};
use crate::error::{LOADING, ReplyError};
use crate::store::WARM_KEYS;

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
            // Receivers that are gone are connections that are gone.
            Work::Watch(_, done) => drop(done.send(Err(LOADING))),
            Work::Index(done) => drop(done.send(Err(LOADING))),
        }
    }

    /// The first key of each of its commands.
    fn first_keys(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let steps = if let Work::Commands(commands) = &self.work { commands.steps.as_slice() } else { &[] };
        steps.iter().filter_map(|step| match step {
            Step::Read(command) => Some((command.db.into(), command.spec.first_key(&command.args)?)),
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
        let (late, rest) = std::mem::take(reads).into_iter().partition(|read| read.deadline <= first);
        *reads = rest;
        let late: Vec<Read> = late;
        late.into_iter().for_each(Read::fail);
    }
    None
}

/// Answers `reads`, whose index is applied, once nobody writes.
pub(super) async fn answer(
    executor: Arc<StoreExecutor>,
    mut reads: Vec<Read>,
    index: u64,
    consensus: Arc<dyn Consensus>,
) {
    let state = match executor.gate.try_read() {
        Some(state) => state,
        // A script may run for long.
        None => match within_deadlines(&mut reads, executor.gate.read()).await {
            Some(state) => state,
            None => return,
        },
    };
    let mut again = Vec::new();
    {
        let execution = ReadExecution::new(&executor, &consensus, &state, Pass::First).light();
        let mut reads = VecDeque::from(reads);
        let mut warm = 0;
        while let Some(commands) = reads.front().map(Read::commands) {
            if warm < commands && (commands > 1 || reads.len() > 1) {
                state.warm(reads.iter().flat_map(Read::first_keys));
                warm = WARM_KEYS;
            }
            warm = warm.saturating_sub(commands);
            match reads.pop_front() {
                Some(Read { work: Work::Commands(group), deadline }) if is_heavy(&group) => {
                    run_apart(&executor, &consensus, group, deadline, Pass::First);
                }
                Some(read) => again.extend(execution.answer(read, index)),
                None => {}
            }
        }
    }
    drop(state);
    if !again.is_empty() {
        drop(crate::sys::task::spawn(answer_after_tick(executor, again, index, consensus)));
    }
}

async fn answer_after_tick(
    executor: Arc<StoreExecutor>,
    mut reads: Vec<Read>,
    index: u64,
    consensus: Arc<dyn Consensus>,
) {
    if within_deadlines(&mut reads, consensus.tick()).await.is_none() {
        return;
    }
    let Some(state) = within_deadlines(&mut reads, executor.gate.read()).await else { return };
    let execution = ReadExecution::new(&executor, &consensus, &state, Pass::AfterTick).light();
    for read in reads {
        execution.answer(read, index);
    }
}

/// Answers a group from the state as it is.
pub(super) fn answer_locally(
    executor: Arc<StoreExecutor>,
    group: CommandGroup,
    deadline: Instant,
    consensus: Arc<dyn Consensus>,
) {
    if is_heavy(&group) {
        return run_apart(&executor, &consensus, group, deadline, Pass::First);
    }
    // Nothing is met that would have to wait for a tick: only linearizable reads do.
    let read = Read { work: Work::Commands(group), deadline };
    match executor.gate.try_read() {
        Some(state) => drop(ReadExecution::new(&executor, &consensus, &state, Pass::First).light().answer(read, 0)),
        None => drop(crate::sys::task::spawn(async move {
            let mut reads = vec![read];
            let Some(state) = within_deadlines(&mut reads, executor.gate.read()).await else { return };
            for read in reads {
                ReadExecution::new(&executor, &consensus, &state, Pass::First).light().answer(read, 0);
            }
        })),
    }
}
