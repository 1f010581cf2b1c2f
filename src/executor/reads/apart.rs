//! Heavy reads: on an image of the state, on a thread of their own.

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::execution::{Pass, ReadExecution, Unanswered};
use crate::command::Flags;
use crate::config::ReadLevel;
use crate::error::LOADING;
use crate::executor::contract::Consensus;
use crate::executor::read::{Read, Work};
use crate::executor::{CommandGroup, Step, StoreExecutor};
use crate::store::{GIVEN_SCRIPTS_LEVEL, State};
use crate::sys::env::Turn;

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

/// Waits for a turn, and takes an image; None if the time is over first.
async fn begin(executor: &Arc<StoreExecutor>, group: &CommandGroup, deadline: Instant) -> Option<(Turn, (State, u64))> {
    // The turn first, so that those who wait hold no images: later writes copy what is in them.
    let begun = async {
        let turn = executor.env.turn(group.runs_script()).await;
        let state = executor.gate.read().await;
        (turn, (state.image(), executor.hub.applied()))
    };
    timeout_at(deadline, begun).await.ok()
}

/// True if a group that brings scripts which `state` lacks goes through the log with all that it does: where the log cannot load them
/// first.
fn runs_by_log(group: &CommandGroup, state: &State) -> bool {
    state.cluster.level < GIVEN_SCRIPTS_LEVEL || group.asks_before_loading(state)
}

/// Has the log load the scripts that `group` brings and `state` lacks; false if there are none, or that is not the way.
async fn load(consensus: &Arc<dyn Consensus>, group: &CommandGroup, state: &State, deadline: Instant) -> bool {
    if runs_by_log(group, state) {
        return false;
    }
    let lacking = group.steps.iter().flat_map(|step| match step {
        Step::Read(command) => command.loading(state),
        Step::Done(_) | Step::Write(_) => Vec::new(),
    });
    let steps: Vec<Step> = lacking.map(Step::Write).collect();
    if steps.is_empty() {
        return false;
    }
    let (loading, loaded) = CommandGroup::new(steps, ReadLevel::Linearizable, true, 0);
    consensus.submit(loading);
    // Whatever came of it: a script can be read with that is not loaded.
    drop(timeout_at(deadline, loaded).await);
    true
}

/// Runs a group there and answers it; gives it back if it has to run again after a tick. Scripts that it brings and this state lacks are
/// loaded by the log before: no other client waits for their runs.
async fn run_on_image(
    executor: &Arc<StoreExecutor>,
    consensus: &Arc<dyn Consensus>,
    group: CommandGroup,
    deadline: Instant,
    pass: Pass,
) -> Option<CommandGroup> {
    let Some((mut turn, (mut image, mut index))) = begin(executor, &group, deadline).await else {
        group.fail(&LOADING);
        return None;
    };
    // Where the leader's disk is known to be full, scripts are read with and not loaded.
    let may_load = consensus.disk_space().admits(Flags::empty());
    if may_load && load(consensus, &group, &image, deadline).await {
        drop((turn, image));
        let Some(begun) = begin(executor, &group, deadline).await else {
            group.fail(&LOADING);
            return None;
        };
        (turn, (image, index)) = begun;
    }
    let (_turn, executor, consensus) = (turn, executor.clone(), consensus.clone());
    let env = executor.env.clone();
    let by_log_or_again = move || {
        let by_log = may_load && runs_by_log(&group, &image);
        let group = if by_log { loading_by_log(group, &image) } else { group };
        if group.has_write() {
            consensus.submit(group);
            return None;
        }
        let read = Read { work: Work::Commands(group), deadline };
        // It may do as much as it wants here.
        match ReadExecution::new(&executor, &image, pass).at(index).answer(read, 0)? {
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
