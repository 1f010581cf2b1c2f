//! Read execution: what a read does with the state.

use tokio::time::Instant;

use crate::config::ReadLevel;
use crate::executor::read::{Read, Work};
use crate::executor::{Answered, Command, CommandGroup, Exec, Slot, Step, StepReply, StoreExecutor, run_read};
use crate::protocol::Reply;
use crate::store::{ELEMENT_UNITS, Horizon, Rng, State, Tally, View};

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

/// The state as reads of one moment see it.
pub(super) struct ReadExecution<'a> {
    executor: &'a StoreExecutor,
    state: &'a State,
    horizon: Horizon,
    pass: Pass,
    /// Index of the state.
    index: u64,
    /// Units that one read may do, and all of a group.
    allowed: (u64, u64),
}

/// A read that was not answered.
pub(super) enum Unanswered {
    /// It has to run again after a tick.
    MetDue(Read),
    /// It wants to do more than it may here, and fails at this moment.
    TooMuch(CommandGroup, Instant),
}

/// The result of executing a group's reads.
enum Ran {
    Done(Vec<StepReply>),
    /// One met a key that is due by the clock and not by the log.
    MetDue,
    /// They want to do more than they may here: there is no result.
    TooMuch,
}

impl<'a> ReadExecution<'a> {
    pub(super) fn new(executor: &'a StoreExecutor, state: &'a State, pass: Pass) -> Self {
        let applied_ms = state.now_ms();
        let horizon = Horizon { applied_ms, estimate_ms: executor.clock.estimate_ms().max(applied_ms) };
        let index = executor.hub.applied();
        Self { executor, state, horizon, pass, index, allowed: (u64::MAX, u64::MAX) }
    }

    /// The same on the state of another index than the one that is applied: an image.
    pub(super) fn at(self, index: u64) -> Self {
        Self { index, ..self }
    }

    /// The same on the runtime's thread, where a group may not work for long.
    pub(super) fn light(self) -> Self {
        Self { allowed: (LIGHT_UNITS, LIGHT_GROUP_UNITS), ..self }
    }

    fn view(&self, db: usize) -> View<'a> {
        let view = View::new(self.state, db, self.horizon, Rng::new(self.executor.env.random()));
        if self.pass == Pass::AfterTick { view.hide_by_log_alone() } else { view }
    }

    /// Runs a read, whose index is `index`; gives it back if that brought no answer.
    pub(super) fn answer(&self, read: Read, index: u64) -> Option<Unanswered> {
        let Read { work, deadline } = read;
        match work {
            Work::Commands(group) => match self.run(&group) {
                Ran::Done(replies) => answer(group, replies, self.index),
                Ran::MetDue => return Some(Unanswered::MetDue(Read { work: Work::Commands(group), deadline })),
                Ran::TooMuch => return Some(Unanswered::TooMuch(group, deadline)),
            },
            Work::Watch(mut keys, done) => {
                let mut met_due = false;
                for key in &mut keys {
                    let view = self.view(key.db.into()).without_touch();
                    key.mark = view.watch_mark(&key.key);
                    met_due |= view.met_due();
                }
                if met_due {
                    return Some(Unanswered::MetDue(Read { work: Work::Watch(keys, done), deadline }));
                }
                drop(done.send(Ok(keys)));
            }
            Work::Index(done) => drop(done.send(Ok(index))),
        }
        None
    }

    /// Runs all reads of a group.
    fn run(&self, commands: &CommandGroup) -> Ran {
        let mut replies = Vec::with_capacity(commands.steps.len());
        let mut reader = GroupReader {
            execution: self,
            commands,
            left: self.allowed.1,
            met_due: false,
            is_stopped: false,
            tally: Tally::default(),
        };
        for step in &commands.steps {
            let command = match step {
                Step::Done(reply) => {
                    replies.push(reply.clone().into());
                    continue;
                }
                Step::Read(command) | Step::Write(command) => command,
            };
            let reply = match &command.exec {
                None => reader.read(command).map(StepReply::Reply),
                Some(exec) if !reader.is_unchanged(exec) => Some(Reply::NilArray.into()),
                Some(exec) => {
                    let slots = exec.commands.iter().map(|inner| match inner.spec.is_session() {
                        true => Some(Slot::Session(Box::new(inner.clone()))),
                        false => reader.read(inner).map(Slot::Reply),
                    });
                    slots.collect::<Option<Vec<Slot>>>().map(StepReply::Exec)
                }
            };
            let Some(reply) = reply else { return Ran::TooMuch };
            replies.push(reply);
        }
        if reader.met_due && !reader.is_stopped && self.pass == Pass::First && commands.level == ReadLevel::Linearizable
        {
            return Ran::MetDue;
        }
        self.executor.hub.tell_of_reads(self.index, std::mem::take(&mut reader.tally.told));
        self.executor.key_stats.count(reader.tally);
        Ran::Done(replies)
    }
}

/// The reads of one group, one after the other.
struct GroupReader<'a> {
    execution: &'a ReadExecution<'a>,
    commands: &'a CommandGroup,
    /// Units that are left of what all of them may do.
    left: u64,
    met_due: bool,
    /// A script was stopped: it is not run again.
    is_stopped: bool,
    tally: Tally,
}

impl GroupReader<'_> {
    /// True if every watched key is as it was. One that is due by the estimate is not, like any key that is read.
    fn is_unchanged(&mut self, exec: &Exec) -> bool {
        exec.watches.iter().all(|watch| {
            let view = self.execution.view(watch.db.into());
            let is_unchanged = view.is_as_watched(&watch.key, watch.mark);
            self.met_due |= view.met_due();
            is_unchanged
        })
    }

    /// None: it wants to do more than it may, and has ended before that.
    fn read(&mut self, command: &Command) -> Option<Reply> {
        let allowed = self.execution.allowed.0.min(self.left);
        let view = self.execution.view(command.db.into()).allowed(allowed).read_by(command.reader);
        let mut view = view.logged(command.calls.clone()).in_cluster(command.in_cluster);
        if command.user.is_some() {
            let user = view.state().acting(command.user.as_deref());
            view = view.acting(user);
        }
        if self.commands.no_touch {
            view = view.without_touch();
        }
        let run = self.execution.executor.running.begin_read(command);
        if let Some(run) = &run {
            view = view.stopped_by(run.stop_flag());
        }
        let reply = Reply::from(run_read(command.spec, &view, &command.args));
        drop(run);
        self.is_stopped |= view.is_stopped();
        if view.worked() > allowed {
            return None;
        }
        self.left -= view.worked();
        self.met_due |= view.met_due();
        self.tally.add(view.take_tally());
        Some(reply)
    }
}

/// True if a group runs apart from the start: by what its commands are it may keep the thread busy for more than a moment, and nothing
/// would stop it there; or it has to load a script. (A script that is loaded is stopped there, and then runs apart.)
pub(super) fn is_heavy(commands: &CommandGroup, state: &State) -> bool {
    let is_heavy = |command: &Command| command.is_unbounded() || command.is_to_load(state);
    commands.steps.iter().any(|step| matches!(step, Step::Read(command) if is_heavy(command)))
}

fn answer(commands: CommandGroup, replies: Vec<StepReply>, seen: u64) {
    // A dropped receiver is a closed connection.
    let _ =
        commands.done.send(Answered { steps: commands.steps, replies, index: 0, position: 0, seen, timed_out: false });
}
