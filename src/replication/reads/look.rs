//! What a read does once its index is applied: it looks at the state, and is answered.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Job, Waiting};
use crate::command::{Caller, Flags, Run, Spec, call_read, check};
use crate::error::LOADING;
use crate::protocol::{Args, Reply};
use crate::replication::apply::unchanged;
use crate::replication::{Answered, CommandGroup, Group, Level, Step};
use crate::store::{Horizon, Rng, Scripts, State, View, WARM_KEYS};

/// Which time a read goes by.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Pass {
    /// Keys due by the estimate are hidden, and noted.
    First,
    /// After a tick: only the log hides.
    AfterTick,
}

pub(super) async fn finish(group: &Arc<Group>, ready: Vec<Waiting>, index: u64) {
    let mut again = Vec::new();
    let mut heavy = Vec::new();
    {
        let state = group.gate.read().await;
        let look = Look::new(group, &state, Pass::First);
        let mut ready = VecDeque::from(ready);
        let mut warm = 0;
        while let Some(commands) = ready.front().map(Waiting::commands) {
            if warm < commands && (commands > 1 || ready.len() > 1) {
                state.warm(ready.iter().flat_map(Waiting::first_keys));
                warm = WARM_KEYS;
            }
            warm = warm.saturating_sub(commands);
            match ready.pop_front().map(|waiting| waiting.job) {
                Some(Job::Commands(commands)) if is_heavy(&commands, &state) => heavy.push(commands),
                Some(job) => again.extend(look.answer(job, index)),
                None => {}
            }
        }
    }
    for commands in heavy {
        drop(crate::task::spawn(run_heavy(group.clone(), commands)));
    }
    if again.is_empty() {
        return;
    }
    let group = group.clone();
    drop(crate::task::spawn(async move {
        if tokio::time::timeout(group.timeout(), group.origin.tick()).await.is_err() {
            again.into_iter().for_each(Job::fail);
            return;
        }
        let state = group.gate.read().await;
        let look = Look::new(&group, &state, Pass::AfterTick);
        for job in again {
            look.answer(job, index);
        }
    }));
}

/// The state as reads of one moment see it.
pub(super) struct Look<'a> {
    group: &'a Group,
    state: &'a State,
    horizon: Horizon,
    pass: Pass,
}

impl<'a> Look<'a> {
    pub(super) fn new(group: &'a Group, state: &'a State, pass: Pass) -> Self {
        let applied_ms = state.now_ms();
        let horizon = Horizon { applied_ms, estimate_ms: group.clock.estimate_ms().max(applied_ms) };
        Self { group, state, horizon, pass }
    }

    fn view(&self, db: usize) -> View<'a> {
        let view = View::new(self.state, db, self.horizon, Rng::new(self.group.env.random()));
        if self.pass == Pass::AfterTick { view.hide_by_log_alone() } else { view }
    }

    /// Runs a job, whose round's index is `index`; gives it back if it has to run again after a tick.
    pub(super) fn answer(&self, job: Job, index: u64) -> Option<Job> {
        match job {
            Job::Commands(commands) => {
                let (replies, met_due) = self.run(&commands);
                if met_due && commands.level == Level::Linearizable {
                    return Some(Job::Commands(commands));
                }
                answer(commands, replies);
            }
            Job::Watch(mut keys, done) => {
                let mut met_due = false;
                for key in &mut keys {
                    let view = self.view(key.db.into()).without_touch();
                    (key.revision, key.deadline_ms) = view.watch_mark(&key.key);
                    met_due |= view.met_due();
                }
                if met_due {
                    return Some(Job::Watch(keys, done));
                }
                drop(done.send(Ok(keys)));
            }
            Job::Index(done) => drop(done.send(Ok(index))),
        }
        None
    }

    /// Runs all reads of a group; true if one of them met a due key.
    fn run(&self, commands: &CommandGroup) -> (Vec<Reply>, bool) {
        let mut met_due = false;
        let mut replies = Vec::with_capacity(commands.steps.len());
        for step in &commands.steps {
            let command = match step {
                Step::Done(reply) => {
                    replies.push(reply.clone());
                    continue;
                }
                Step::Read(command) | Step::Write(command) => command,
            };
            let look = |db: u8, spec: &'static Spec, args: &Args, met: &mut bool| {
                let mut view = self.view(db.into());
                if commands.no_touch {
                    view = view.without_touch();
                }
                let reply = Reply::from(call_read(spec, &view, args));
                *met |= view.met_due();
                self.group.key_stats.looked_up(view.looked_up());
                reply
            };
            replies.push(match &command.exec {
                None => look(command.db, command.spec, &command.args, &mut met_due),
                Some(exec) if !unchanged(self.state, &exec.watches) => Reply::NilArray,
                Some(exec) => Reply::Array(
                    exec.commands
                        .iter()
                        .map(|inner| match check(Caller::Client, &inner.args) {
                            Ok(spec) if matches!(spec.run, Run::Read(_) | Run::Pure(_)) => {
                                look(inner.db, spec, &inner.args, &mut met_due)
                            }
                            Ok(_) => Reply::Silent,
                            Err(error) => error.into(),
                        })
                        .collect(),
                ),
            });
        }
        (replies, met_due)
    }
}

/// True if a group may keep the thread busy for more than a moment, by what its commands are or by what they are about.
pub(super) fn is_heavy(commands: &CommandGroup, state: &State) -> bool {
    commands.steps.iter().any(|step| matches!(step, Step::Read(command) if command.is_heavy_on(state)))
}

/// Runs a group apart; again after a tick if it met a due key.
pub(super) async fn run_heavy(group: Arc<Group>, commands: CommandGroup) {
    let Some((commands, replies, met_due)) = run_apart(&group, commands, Pass::First).await else { return };
    if !met_due || commands.level != Level::Linearizable {
        return answer(commands, replies);
    }
    if tokio::time::timeout(group.timeout(), group.origin.tick()).await.is_err() {
        return commands.fail(&LOADING);
    }
    if let Some((commands, replies, _)) = run_apart(&group, commands, Pass::AfterTick).await {
        answer(commands, replies);
    }
}

/// Runs a group on an image of the state, on a thread of its own; true if it met a due key. None: it has to load a script that
/// this state lacks, and has gone to the log for it, where all of it runs.
async fn run_apart(group: &Arc<Group>, commands: CommandGroup, pass: Pass) -> Option<(CommandGroup, Vec<Reply>, bool)> {
    let image = group.gate.read().await.image();
    let look = group.clone();
    let (commands, outcome) = group
        .env
        .heavy(move || {
            // Where the leader's disk is known to be full, scripts are read with and not loaded.
            let may_load = look.room().admits(Flags::empty());
            let commands = if may_load { loading_by_log(commands, &image.scripts) } else { commands };
            let outcome = (!commands.has_write()).then(|| Look::new(&look, &image, pass).run(&commands));
            (commands, outcome)
        })
        .await;
    match outcome {
        Some((replies, met_due)) => Some((commands, replies, met_due)),
        None => {
            group.origin.submit(commands);
            None
        }
    }
}

/// The same group, and what has to load a script is a write.
fn loading_by_log(mut commands: CommandGroup, loaded: &Scripts) -> CommandGroup {
    let step = |step| match step {
        Step::Read(command) if command.is_to_load(loaded) => Step::Write(command.by_log()),
        step => step,
    };
    commands.steps = commands.steps.into_iter().map(step).collect();
    commands
}

/// Runs a group on the state as it is.
pub(super) fn run_local(state: &State, commands: CommandGroup, group: &Group) {
    let (replies, _) = Look::new(group, state, Pass::First).run(&commands);
    answer(commands, replies);
}

/// The same where the state is not free at once, or the group is heavy.
pub(super) async fn run_local_apart(group: Arc<Group>, commands: CommandGroup) {
    {
        let state = group.gate.read().await;
        if !is_heavy(&commands, &state) {
            return run_local(&state, commands, &group);
        }
    }
    run_heavy(group, commands).await;
}

fn answer(commands: CommandGroup, replies: Vec<Reply>) {
    // A receiver that is gone is a connection that is gone.
    let _ = commands.done.send(Answered { replies, index: 0, timed_out: false });
}
