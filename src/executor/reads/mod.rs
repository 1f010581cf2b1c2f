//! Reads whose index is applied: they look at the state behind the gate, and are answered.
//!
//! Invariants
//! - A read has one deadline, `write-timeout-ms` from when it came, wherever it waits: for its index, for the gate, for a turn among heavy
//!   reads, for a tick. What has no answer by then is answered LOADING; the others that wait with it go on.
//! - A read that met a key which is due by the clock but not by the log is run again after a tick.
//! - Heavy reads run apart, on an image and a thread of their own, and scripts take no more than half of the turns for that: a client's
//!   endless scripts do not keep another's KEYS from being read. Whether a script is one of them shows as it runs: all begin on the
//!   runtime's thread and are given up there once they have done as much as other reads may, so short ones wait for no turn.

mod apart;
mod execution;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::time::Instant;

use self::apart::run_apart;
use self::execution::{Pass, ReadExecution, Unanswered, is_heavy};
use super::contract::Consensus;
use super::read::{Read, Work, within_deadlines};
use super::{CommandGroup, StoreExecutor};
use crate::store::{PREFETCH_KEYS, State};

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
        let execution = ReadExecution::new(&executor, &state, Pass::First).light();
        let mut reads = VecDeque::from(reads);
        let mut prefetched = 0;
        while let Some(commands) = reads.front().map(Read::commands) {
            if prefetched < commands && (commands > 1 || reads.len() > 1) {
                state.prefetch(reads.iter().flat_map(Read::abouts));
                prefetched = PREFETCH_KEYS;
            }
            prefetched = prefetched.saturating_sub(commands);
            match reads.pop_front() {
                Some(Read { work: Work::Commands(group), deadline }) if is_heavy(&group, &state) => {
                    run_apart(&executor, &consensus, group, deadline, Pass::First);
                }
                Some(read) => match execution.answer(read, index) {
                    Some(Unanswered::MetDue(read)) => again.push(read),
                    unanswered => apart_if_too_much(&executor, &consensus, unanswered, Pass::First),
                },
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
    let execution = ReadExecution::new(&executor, &state, Pass::AfterTick).light();
    for read in reads {
        match read {
            // The state has moved on: it may have lost a script meanwhile.
            Read { work: Work::Commands(group), deadline } if is_heavy(&group, &state) => {
                run_apart(&executor, &consensus, group, deadline, Pass::AfterTick);
            }
            read => apart_if_too_much(&executor, &consensus, execution.answer(read, index), Pass::AfterTick),
        }
    }
}

/// Has a group run apart that wants to do more than it may here.
fn apart_if_too_much(
    executor: &Arc<StoreExecutor>,
    consensus: &Arc<dyn Consensus>,
    unanswered: Option<Unanswered>,
    pass: Pass,
) {
    if let Some(Unanswered::TooMuch(group, deadline)) = unanswered {
        run_apart(executor, consensus, group, deadline, pass);
    }
}

/// Answers a group from the state as it is.
pub(super) fn answer_locally(
    executor: Arc<StoreExecutor>,
    group: CommandGroup,
    deadline: Instant,
    consensus: Arc<dyn Consensus>,
) {
    let read = Read { work: Work::Commands(group), deadline };
    match executor.gate.try_read() {
        Some(state) => answer_light(&executor, &consensus, &state, read),
        None => drop(crate::sys::task::spawn(async move {
            let mut reads = vec![read];
            let Some(state) = within_deadlines(&mut reads, executor.gate.read()).await else { return };
            reads.into_iter().for_each(|read| answer_light(&executor, &consensus, &state, read));
        })),
    }
}

/// Answers a local read, apart if it wants to do much. It meets nothing that would have to wait for a tick: only linearizable reads do.
fn answer_light(executor: &Arc<StoreExecutor>, consensus: &Arc<dyn Consensus>, state: &State, read: Read) {
    let unanswered = match read {
        Read { work: Work::Commands(group), deadline } if is_heavy(&group, state) => {
            Some(Unanswered::TooMuch(group, deadline))
        }
        read => ReadExecution::new(executor, state, Pass::First).light().answer(read, 0),
    };
    apart_if_too_much(executor, consensus, unanswered, Pass::First);
}
