//! What a read does once its index is applied: it looks at the state, and is answered.

use std::collections::VecDeque;
use std::sync::Arc;

use super::rounds::meanwhile;
use super::{Job, Waiting};
use crate::command::{Caller, Flags, Run, Spec, call_read, check};
use crate::config::ReadLevel;
use crate::error::LOADING;
use crate::executor::apply::unchanged;
use crate::executor::{Answered, CommandGroup, Step};
use crate::protocol::{Args, Reply};
use crate::replication::Group;
use crate::store::{ELEMENT_UNITS, Horizon, Rng, Scripts, State, View, WARM_KEYS};

/// How much work one read may do on the runtime's thread, in units. A group with more in it runs apart, on an image, which costs
/// later writes the copying of what they touch: so what looks at a small part of something large stays here.
const LIGHT_UNITS: u64 = 4096 * ELEMENT_UNITS;
/// The same for all reads of a group: some milliseconds.
const LIGHT_GROUP_UNITS: u64 = 16 * LIGHT_UNITS;

/// Which time a read goes by.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Pass {
    /// Keys due by the estimate are hidden, and noted.
    First,
    /// After a tick: only the log hides.
    AfterTick,
}

/// Answers what waited for `index`, which is applied, and looks at the state for it once nobody writes.
pub(super) async fn finish(group: &Arc<Group>, mut ready: Vec<Waiting>, index: u64) {
    let state = match group.gate.try_read() {
        Some(state) => state,
        // A script may run for long.
        None => match meanwhile(group, &mut ready, group.gate.read()).await {
            Some(state) => state,
            None => return,
        },
    };
    let mut again = Vec::new();
    {
        let look = Look::new(group, &state, Pass::First).light();
        let mut ready = VecDeque::from(ready);
        let mut warm = 0;
        while let Some(commands) = ready.front().map(Waiting::commands) {
            if warm < commands && (commands > 1 || ready.len() > 1) {
                state.warm(ready.iter().flat_map(Waiting::first_keys));
                warm = WARM_KEYS;
            }
            warm = warm.saturating_sub(commands);
            match ready.pop_front().map(|waiting| waiting.job) {
                Some(Job::Commands(commands)) if is_heavy(&commands) => run_apart(group, commands, Pass::First),
                Some(job) => again.extend(look.answer(job, index)),
                None => {}
            }
        }
    }
    drop(state);
    if again.is_empty() {
        return;
    }
    let group = group.clone();
    drop(crate::replication::spawn(async move {
        if tokio::time::timeout(group.timeout(), group.origin.tick()).await.is_err() {
            again.into_iter().for_each(Job::fail);
            return;
        }
        let state = group.gate.read().await;
        let look = Look::new(&group, &state, Pass::AfterTick).light();
        for job in again {
            look.answer(job, index);
        }
    }));
}

/// The state as reads of one moment see it.
pub(super) struct Look<'a> {
    group: &'a Arc<Group>,
    state: &'a State,
    horizon: Horizon,
    pass: Pass,
    /// Units that one read may do, and all of a group.
    allowed: (u64, u64),
}

/// What became of a group's reads.
enum Ran {
    Done(Vec<Reply>),
    /// One met a key that is due by the clock and not by the log.
    MetDue,
    /// They want to do more than they may here: nothing came of it.
    TooMuch,
}

impl<'a> Look<'a> {
    pub(super) fn new(group: &'a Arc<Group>, state: &'a State, pass: Pass) -> Self {
        let applied_ms = state.now_ms();
        let horizon = Horizon { applied_ms, estimate_ms: group.clock.estimate_ms().max(applied_ms) };
        Self { group, state, horizon, pass, allowed: (u64::MAX, u64::MAX) }
    }

    /// The same on the runtime's thread, where a group may not work for long.
    pub(super) fn light(self) -> Self {
        Self { allowed: (LIGHT_UNITS, LIGHT_GROUP_UNITS), ..self }
    }

    fn view(&self, db: usize) -> View<'a> {
        let view = View::new(self.state, db, self.horizon, Rng::new(self.group.env.random()));
        if self.pass == Pass::AfterTick { view.hide_by_log_alone() } else { view }
    }

    /// Runs a job, whose round's index is `index`, or has it run apart; gives it back if it has to run again after a tick.
    pub(super) fn answer(&self, job: Job, index: u64) -> Option<Job> {
        match job {
            Job::Commands(commands) => return self.answer_commands(commands).map(Job::Commands),
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

    fn answer_commands(&self, commands: CommandGroup) -> Option<CommandGroup> {
        match self.run(&commands) {
            Ran::Done(replies) => answer(commands, replies),
            Ran::MetDue => return Some(commands),
            Ran::TooMuch => run_apart(self.group, commands, self.pass),
        }
        None
    }

    /// Runs all reads of a group.
    fn run(&self, commands: &CommandGroup) -> Ran {
        let mut replies = Vec::with_capacity(commands.steps.len());
        let mut reader = Reader { look: self, commands, left: self.allowed.1, met_due: false, looked_up: (0, 0) };
        for step in &commands.steps {
            let command = match step {
                Step::Done(reply) => {
                    replies.push(reply.clone());
                    continue;
                }
                Step::Read(command) | Step::Write(command) => command,
            };
            let reply = match &command.exec {
                None => reader.read(command.db, command.spec, &command.args),
                Some(exec) if !unchanged(self.state, &exec.watches) => Some(Reply::NilArray),
                Some(exec) => {
                    let inner = exec.commands.iter().map(|inner| match check(Caller::Client, &inner.args) {
                        Ok(spec) if matches!(spec.run, Run::Read(_) | Run::Pure(_)) => {
                            reader.read(inner.db, spec, &inner.args)
                        }
                        Ok(_) => Some(Reply::Silent),
                        Err(error) => Some(error.into()),
                    });
                    inner.collect::<Option<Vec<Reply>>>().map(Reply::Array)
                }
            };
            let Some(reply) = reply else { return Ran::TooMuch };
            replies.push(reply);
        }
        if reader.met_due && self.pass == Pass::First && commands.level == ReadLevel::Linearizable {
            return Ran::MetDue;
        }
        self.group.key_stats.looked_up(reader.looked_up);
        Ran::Done(replies)
    }
}

/// The reads of one group, one after the other.
struct Reader<'a> {
    look: &'a Look<'a>,
    commands: &'a CommandGroup,
    /// Units that are left of what all of them may do.
    left: u64,
    met_due: bool,
    /// Keys found, and not found.
    looked_up: (u64, u64),
}

impl Reader<'_> {
    /// None: it wants to do more than it may, and has ended before that.
    fn read(&mut self, db: u8, spec: &'static Spec, args: &Args) -> Option<Reply> {
        let allowed = self.look.allowed.0.min(self.left);
        let mut view = self.look.view(db.into()).allowed(allowed);
        if self.commands.no_touch {
            view = view.without_touch();
        }
        let reply = Reply::from(call_read(spec, &view, args));
        if view.worked() > allowed {
            return None;
        }
        self.left -= view.worked();
        self.met_due |= view.met_due();
        let (found, missed) = view.looked_up();
        self.looked_up = (self.looked_up.0 + found, self.looked_up.1 + missed);
        Some(reply)
    }
}

/// True if a group may keep the thread busy for more than a moment, by what its commands are.
pub(super) fn is_heavy(commands: &CommandGroup) -> bool {
    commands.steps.iter().any(|step| matches!(step, Step::Read(command) if command.is_heavy()))
}

/// Runs a group on an image of the state, on a thread of its own; again after a tick if it met a due key.
pub(super) fn run_apart(group: &Arc<Group>, commands: CommandGroup, pass: Pass) {
    let group = group.clone();
    drop(crate::replication::spawn(async move {
        let Some(commands) = run_on_image(&group, commands, pass).await else { return };
        if tokio::time::timeout(group.timeout(), group.origin.tick()).await.is_err() {
            return commands.fail(&LOADING);
        }
        run_on_image(&group, commands, Pass::AfterTick).await;
    }));
}

/// Runs a group there and answers it; gives it back if it has to run again after a tick. One that has to load a script which this
/// state lacks goes to the log for it, where all of it runs.
async fn run_on_image(group: &Arc<Group>, commands: CommandGroup, pass: Pass) -> Option<CommandGroup> {
    // First, so that those who wait hold no images: later writes copy what is in them.
    let _turn = group.env.turn().await;
    let image = group.gate.read().await.image();
    let look = group.clone();
    let by_log_or_again = move || {
        // Where the leader's disk is known to be full, scripts are read with and not loaded.
        let may_load = look.room().admits(Flags::empty());
        let commands = if may_load { loading_by_log(commands, &image.scripts) } else { commands };
        if commands.has_write() {
            look.origin.submit(commands);
            return None;
        }
        Look::new(&look, &image, pass).answer_commands(commands)
    };
    group.env.heavy(by_log_or_again).await
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

/// Runs a group on the state as it is, or has it run apart.
pub(super) fn run_local(group: &Arc<Group>, state: &State, commands: CommandGroup) {
    // Nothing is met that would have to wait for a tick: only linearizable reads do.
    Look::new(group, state, Pass::First).light().answer_commands(commands);
}

fn answer(commands: CommandGroup, replies: Vec<Reply>) {
    // A receiver that is gone is a connection that is gone.
    let _ = commands.done.send(Answered { replies, index: 0, timed_out: false });
}
