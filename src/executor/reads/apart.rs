//! Heavy reads: on an image of the state, on a thread of their own.

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::execution::{Pass, ReadExecution, Unanswered};
use crate::command::Flags;
use crate::error::LOADING;
use crate::executor::contract::Consensus;
use crate::executor::read::{Read, Work};
use crate::executor::{CommandGroup, Step, StoreExecutor};
use crate::store::State;

/// Runs a group there; again after a tick if it met a due key.
pub(super) fn run_apart(
    executor: &Arc<StoreExecutor>,
    consensus: &Arc<dyn Consensus>,
    group: CommandGroup,
    deadline: Instant,
    pass: Pass,
) {
    let (executor, consensus) = (executor.clone(), consensus.clone());
    drop(crate::sys::task::spawn(async move {
        let Some(group) = run_on_image(&executor, &consensus, group, deadline, pass).await else { return };
        if timeout_at(deadline, consensus.tick()).await.is_err() {
            return group.fail(&LOADING);
        }
        run_on_image(&executor, &consensus, group, deadline, Pass::AfterTick).await;
    }));
}

/// Runs a group there and answers it; gives it back if it has to run again after a tick. One that has to load a script which this
/// state lacks goes to the log for it, where all of it runs.
async fn run_on_image(
    executor: &Arc<StoreExecutor>,
    consensus: &Arc<dyn Consensus>,
    group: CommandGroup,
    deadline: Instant,
    pass: Pass,
) -> Option<CommandGroup> {
    // The turn first, so that those who wait hold no images: later writes copy what is in them.
    let begun = async {
        let turn = executor.env.turn(group.runs_script()).await;
        (turn, executor.gate.read().await.image())
    };
    let Ok((_turn, image)) = timeout_at(deadline, begun).await else {
        group.fail(&LOADING);
        return None;
    };
    let (executor, consensus) = (executor.clone(), consensus.clone());
    let env = executor.env.clone();
    let by_log_or_again = move || {
        // Where the leader's disk is known to be full, scripts are read with and not loaded.
        let may_load = consensus.disk_space().admits(Flags::empty());
        let group = if may_load { loading_by_log(group, &image) } else { group };
        if group.has_write() {
            consensus.submit(group);
            return None;
        }
        let read = Read { work: Work::Commands(group), deadline };
        // It may do as much as it wants here.
        match ReadExecution::new(&executor, &image, pass).answer(read, 0)? {
            Unanswered::MetDue(Read { work: Work::Commands(group), .. }) | Unanswered::TooMuch(group, _) => Some(group),
            Unanswered::MetDue(_) => None,
        }
    };
    env.heavy(by_log_or_again).await
}

/// The same group, and what has to load a script is a write.
fn loading_by_log(mut group: CommandGroup, state: &State) -> CommandGroup {
    let step = |step| match step {
        Step::Read(command) if command.is_to_load(state) => Step::Write(command.by_log()),
        step => step,
    };
    group.steps = group.steps.into_iter().map(step).collect();
    group
}
