//! Commands on their way from a connection to the store.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::command::context::Watch;
use crate::command::script::is_to_load;
use crate::command::{Family, Flags, Run, ScriptNamed, ScriptRun, Spec, keys_of, lookup};
use crate::config::ReadLevel;
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{CallLog, ELEMENT_UNITS, State, WaiterId};

/// Elements of a value from which reading it whole is heavy: about a millisecond.
const LARGE_ELEMENTS: usize = 4096;

/// The same in units of copying it: 1 MB of a string.
const LARGE_UNITS: u64 = LARGE_ELEMENTS as u64 * ELEMENT_UNITS;

/// Arguments of a script, bytes, from which naming and taking them in is more than a moment's work.
const LONG_SCRIPT: usize = 64 << 10;

/// A command with the database that it runs on.
#[derive(Clone, Debug)]
pub struct Command {
    /// What it is.
    pub spec: &'static Spec,
    /// Its database.
    pub db: u8,
    /// Its arguments.
    pub args: Args,
    /// For EXEC: what it runs.
    pub exec: Option<Box<Exec>>,
    /// The origin's verdict: it uses more memory than `maxmemory`. It goes through the log with the command, because apply must not judge
    /// the memory of its node; scripts refuse by it what needs more.
    pub is_short_of_memory: bool,
    /// It runs a script, for a client of Redis Cluster: all keys of each call are in one slot, and of database 0. It goes through the log with the
    /// command, because `cluster-enabled` is each node's own.
    pub in_cluster: bool,
    /// It runs a script, for a user that may not everything: its name. It goes through the log with the command, because what the user may is
    /// asked of the state on which the script runs.
    pub user: Option<Bytes>,
    /// It runs a script that is known to be over in a moment.
    pub is_brief: bool,
    /// The connection that is told when what the command reads changes; 0: none.
    pub reader: u64,
    /// It goes through the log even though it may be a read: there, one that loads its script is a write.
    pub by_log: bool,
    /// Of a command that may wait, changes what its connection is subscribed to, or leaves something of its connection's in the state; and of a
    /// transaction with one of the last two.
    pub asker: Option<Asker>,
    /// Of a command inside ONCE: all that the client sent, which is what the log gets.
    pub once: Option<Box<Args>>,
    /// Of a script while somebody watches this node's commands: what it calls.
    pub calls: Option<CallLog>,
}

/// Whose command it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The connection.
    pub connection: u64,
    /// 1, 2, 3 … of the connection's commands of the kind.
    pub number: u64,
    /// The address of its client, where the state keeps that.
    pub from: Option<SocketAddr>,
}

impl Asker {
    /// Of a connection whose address the state does not keep.
    pub fn new(connection: u64, number: u64) -> Self {
        Self { connection, number, from: None }
    }

    /// Its name in the state, under this boot.
    pub fn under(self, boot: u64) -> WaiterId {
        WaiterId { boot, connection: self.connection, number: self.number }
    }
}

/// What EXEC runs.
#[derive(Clone, Debug, Default)]
pub struct Exec {
    /// Watched keys.
    pub watches: Vec<Watch>,
    /// Commands, each with its database. Session commands among them are answered by the origin's connection afterwards: see
    /// [`Slot::Session`].
    pub commands: Vec<Command>,
}

impl Command {
    /// A plain command.
    pub fn new(spec: &'static Spec, db: usize, args: Args) -> Self {
        Self {
            spec,
            db: db as u8,
            args,
            exec: None,
            is_short_of_memory: false,
            in_cluster: false,
            user: None,
            is_brief: false,
            reader: 0,
            by_log: false,
            asker: None,
            once: None,
            calls: None,
        }
    }

    /// The same for this connection.
    pub fn asked_by(mut self, asker: Asker) -> Self {
        self.asker = Some(asker);
        self
    }

    /// It is one of a connection that is told when what it reads changes.
    pub fn set_reader(&mut self, reader: u64) {
        self.exec.iter_mut().flat_map(|exec| &mut exec.commands).for_each(|inner| inner.reader = reader);
        self.reader = reader;
    }

    /// Its scripts, and those inside, run for a client of Redis Cluster.
    pub fn set_in_cluster(&mut self) {
        self.exec.iter_mut().flat_map(|exec| &mut exec.commands).for_each(Self::set_in_cluster);
        self.in_cluster = self.runs_script();
    }

    /// Its scripts, and those inside, run as this user.
    pub fn set_user(&mut self, user: &Bytes) {
        self.exec.iter_mut().flat_map(|exec| &mut exec.commands).for_each(|inner| inner.set_user(user));
        self.user = self.runs_script().then(|| user.clone());
    }

    /// Has what scripts call kept, of the command and of those inside.
    pub fn log_calls(&mut self) {
        self.exec.iter_mut().flat_map(|exec| &mut exec.commands).for_each(Self::log_calls);
        self.calls = matches!(self.spec.run, Run::Script(_)).then(CallLog::default);
    }

    /// Whose command it is, if it may wait in the state.
    pub fn waiter(&self) -> Option<Asker> {
        self.asker.filter(|_| matches!(self.spec.run, Run::Blocking(_)))
    }

    /// True if it changes what its connection is subscribed to.
    pub fn subscribes(&self) -> bool {
        self.asker.is_some() && self.has(Flags::SUBSCRIBES)
    }

    /// True if it, or a command of the transaction that it is, has one of these flags.
    pub fn has(&self, flags: Flags) -> bool {
        let mut exec = self.exec.iter().flat_map(|exec| &exec.commands);
        self.spec.flags.intersects(flags) || exec.any(|inner| inner.spec.flags.intersects(flags))
    }

    /// The same as what ONCE with these arguments runs.
    pub fn inside(mut self, once: Args) -> Self {
        self.once = Some(Box::new(once));
        self
    }

    /// The arguments as the log gets them.
    pub fn log_args(&self) -> &Args {
        self.once.as_deref().unwrap_or(&self.args)
    }

    /// True if it goes through the log.
    pub fn is_write(&self) -> bool {
        match &self.exec {
            Some(exec) => exec.commands.iter().any(Self::is_write),
            None if self.by_log => self.spec.is_write_in_log(),
            None => self.spec.is_write(),
        }
    }

    /// True if it runs a script, or is a transaction that does.
    pub fn runs_script(&self) -> bool {
        let mut specs = self.exec.iter().flat_map(|exec| &exec.commands).map(|command| command.spec);
        self.spec.flags.contains(Flags::SCRIPT) || specs.any(|spec| spec.flags.contains(Flags::SCRIPT))
    }

    /// True if it may keep a thread busy for more than a moment.
    pub fn is_heavy(&self) -> bool {
        self.spec.is_heavy() && !self.is_brief
            || self.exec.as_ref().is_some_and(|exec| {
                exec.commands.len() > 1000 || exec.commands.iter().any(|command| command.spec.is_heavy())
            })
    }

    /// The same of a read whose scripts are stopped where it may not do as much as they want.
    pub fn is_unbounded(&self) -> bool {
        self.spec.flags.contains(Flags::UNBOUNDED)
            || self.spec.flags.contains(Flags::SCRIPT) && self.args.size() > LONG_SCRIPT
            || self.exec.as_ref().is_some_and(|exec| {
                exec.commands.len() > 1000 || exec.commands.iter().any(|command| command.is_unbounded())
            })
    }

    /// True if it may do so on this state: it reads the whole of a large value.
    pub fn is_heavy_on(&self, state: &State) -> bool {
        let is_large = |command: &Self| {
            let reads_whole = !command.is_write() && !command.spec.flags.contains(Flags::FAST);
            let keys = if reads_whole { keys_of(command.spec, &command.args) } else { None };
            keys.into_iter().flatten().any(|(at, _)| {
                let entry = state.db(command.db.into()).get(command.args.arg(at));
                entry.is_some_and(|entry| {
                    entry.value().elements() > LARGE_ELEMENTS || entry.value().copy_units() > LARGE_UNITS
                })
            })
        };
        self.is_heavy() || is_large(self) || self.exec.as_ref().is_some_and(|exec| exec.commands.iter().any(is_large))
    }

    /// True if it holds a read that loads a script, and this state has no such script: only the log can load it.
    pub fn is_to_load(&self, state: &State) -> bool {
        self.spec.flags.contains(Flags::LOADS_SCRIPT) && is_to_load(&self.args, state)
            || self.exec.as_ref().is_some_and(|exec| exec.commands.iter().any(|command| command.is_to_load(state)))
    }

    /// True if what it answers depends on which scripts are loaded.
    fn asks_for_scripts(&self) -> bool {
        let brings_its_own = matches!(self.spec.run, Run::Script(ScriptRun { named: ScriptNamed::Text, .. }));
        self.spec.doc.group == Family::Scripting && !brings_its_own
            || self.exec.as_ref().is_some_and(|exec| exec.commands.iter().any(Self::asks_for_scripts))
    }

    /// What loads the scripts that [`Self::is_to_load`] is about, without running them.
    pub fn loading(&self, state: &State) -> Vec<Self> {
        let Some(give) = lookup(b"script._give") else { return Vec::new() };
        let inner = self.exec.iter().flat_map(|exec| &exec.commands).chain(std::iter::once(self));
        let lacking = inner.filter(|command| command.exec.is_none() && command.is_to_load(state));
        lacking
            .map(|command| Self::new(give, 0, Args::from_slices([give.name.as_bytes(), command.args.arg(1)])))
            .collect()
    }

    /// The same on its way through the log: what is then more than a read is it here too.
    pub fn by_log(mut self) -> Self {
        self.by_log = true;
        for command in self.exec.iter_mut().flat_map(|exec| &mut exec.commands) {
            command.by_log = true;
        }
        self
    }

    /// Bytes of what it is made of: never less than what it takes in an entry.
    pub fn size(&self) -> usize {
        let exec = self.exec.as_ref().map_or(0, |exec| {
            exec.commands.iter().map(|command| command.log_args().size() + 16).sum::<usize>()
                + exec.watches.iter().map(|watch| watch.key.len() + 32).sum::<usize>()
        });
        self.log_args().size()
            + exec
            + 16
            + self.asker.map_or(0, |_| 40)
            + self.user.as_ref().map_or(0, |user| user.len() + 8)
    }
}

/// One place in a pipeline.
#[derive(Debug)]
pub enum Step {
    /// Already answered.
    Done(Reply),
    /// Runs on this node's state, at its place between the writes.
    Read(Command),
    /// Runs through the log.
    Write(Command),
}

/// Frames of one connection that were read together (design 2, Pipelining).
#[derive(Debug)]
pub struct CommandGroup {
    /// In the order of the frames.
    pub steps: Vec<Step>,
    /// For reads outside of a write group.
    pub level: ReadLevel,
    /// CLIENT NO-TOUCH.
    pub no_touch: bool,
    /// The connection, so that the pacing of batches knows who came back.
    pub connection: u64,
    /// When it came: its deadline counts from there while it waits, until it is part of a batch.
    pub arrived: Instant,
    /// Gets the replies.
    pub done: oneshot::Sender<Answered>,
    /// Is true while its command waits in the state.
    pub waits: Option<Arc<AtomicBool>>,
    /// How many commands of its entry stand before its first write.
    pub position: u64,
}

/// The result of one step.
#[derive(Debug)]
pub enum StepReply {
    /// The reply.
    Reply(Reply),
    /// EXEC has run: a slot for each of its commands.
    Exec(Vec<Slot>),
}

/// A place in EXEC's reply.
#[derive(Debug)]
pub enum Slot {
    /// Filled.
    Reply(Reply),
    /// To be filled by the connection: it runs this session command once the rest is done.
    Session(Box<Command>),
}

impl Slot {
    /// Its reply; of one that the connection has yet to fill there is none.
    pub fn into_reply(self) -> Reply {
        match self {
            Self::Reply(reply) => reply,
            Self::Session(_) => Reply::Nil,
        }
    }
}

impl From<Reply> for StepReply {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

/// The replies to a group, one for each step.
#[derive(Debug)]
pub struct Answered {
    /// What was asked, for SLOWLOG.
    pub steps: Vec<Step>,
    /// In the order of the steps.
    pub replies: Vec<StepReply>,
    /// Log index of the entry that held the group's writes; 0 = none.
    pub index: u64,
    /// How many commands of that entry stand before the first of them.
    pub position: u64,
    /// Without writes, the index up to which the reads have seen the log.
    pub seen: u64,
    /// True if nothing was executed because the deadline came first (LOADING): what the connection has sent by then is
    /// answered so too, because clients that see LOADING first send the whole pipeline again.
    pub timed_out: bool,
}

impl Answered {
    /// The error that a group of one command was answered with.
    pub fn error(&self) -> Option<&ReplyError> {
        match self.replies.as_slice() {
            [StepReply::Reply(Reply::Error(error))] => Some(error),
            _ => None,
        }
    }
}

impl CommandGroup {
    /// A group that has just come, and where its replies will be.
    pub fn new(
        steps: Vec<Step>,
        level: ReadLevel,
        no_touch: bool,
        connection: u64,
    ) -> (Self, oneshot::Receiver<Answered>) {
        let (done, answered) = oneshot::channel();
        (Self { steps, level, no_touch, connection, arrived: Instant::now(), done, waits: None, position: 0 }, answered)
    }

    /// How fresh its reads have to be: some always are.
    pub fn read_level(&self) -> ReadLevel {
        let always = |step: &Step| matches!(step, Step::Read(command) if command.spec.flags.contains(Flags::ALWAYS_LINEARIZABLE));
        if self.steps.iter().any(always) { ReadLevel::Linearizable } else { self.level }
    }

    /// True if any of its commands runs a script.
    pub fn runs_script(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step, Step::Read(command) | Step::Write(command) if command.runs_script()))
    }

    /// True if one of its reads may ask for a script before another one has this state load it, so that the two cannot be told apart by
    /// loading first.
    pub fn asks_before_loading(&self, state: &State) -> bool {
        let mut asks = false;
        self.steps.iter().any(|step| {
            let Step::Read(command) = step else { return false };
            let loads = command.is_to_load(state);
            // In a transaction the order is not looked at.
            let is_late = loads && (asks || command.exec.is_some() && command.asks_for_scripts());
            asks |= command.asks_for_scripts();
            is_late
        })
    }

    /// Commands that go through the log, and their bytes.
    pub fn writes(&self) -> (usize, usize) {
        let writes = self.steps.iter().filter_map(|step| match step {
            Step::Write(command) => Some(command.size()),
            _ => None,
        });
        writes.fold((0, 0), |(commands, bytes), size| (commands + 1, bytes + size))
    }

    /// True if any step goes through the log.
    pub fn has_write(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Write(_)))
    }

    /// Answers every step that has no answer yet with `error`.
    pub fn fail(mut self, error: &crate::error::ReplyError) {
        let replies = self
            .steps
            .iter_mut()
            .map(|step| match step {
                Step::Done(reply) => std::mem::replace(reply, Reply::Silent).into(),
                _ => Reply::Error(error.clone()).into(),
            })
            .collect();
        let timed_out = *error == crate::error::LOADING;
        // A dropped receiver is a closed connection.
        let _ = self.done.send(Answered { steps: self.steps, replies, index: 0, position: 0, seen: 0, timed_out });
    }
}

/// Sends the replies of applied groups, whose entry stands at `index`.
pub fn send_answers(answers: Vec<(CommandGroup, Vec<StepReply>)>, index: u64) {
    for (group, replies) in answers {
        // A dropped receiver is a closed connection.
        let CommandGroup { steps, position, done, .. } = group;
        let _ = done.send(Answered { steps, replies, index, position, seen: 0, timed_out: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_loads_its_script_is_a_write_by_the_log() {
        let command = |line: &[&str]| Command::new(lookup(line[0].as_bytes()).unwrap(), 0, Args::from_slices(line));
        for (line, by_log) in [
            (&["EVAL_RO", "return 1", "0"][..], true),
            (&["EVALSHA_RO", "x", "0"], false),
            (&["GET", "k"], false),
            (&["SELECT", "1"], false),
        ] {
            let plain = command(line);
            let exec = Exec { watches: Vec::new(), commands: vec![plain.clone()] };
            let whole = Command { exec: Some(Box::new(exec)), ..command(&["EXEC"]) };
            assert!(!plain.is_write() && !whole.is_write(), "{line:?}");
            assert_eq!((plain.by_log().is_write(), whole.by_log().is_write()), (by_log, by_log), "{line:?}");
        }
        assert!(command(&["EVAL", "return 1", "0"]).is_write() && command(&["EVALSHA", "x", "0"]).is_write());
    }
}
