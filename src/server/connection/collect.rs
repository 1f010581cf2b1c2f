//! From what was read to a group of commands.
//!
//! Invariant: a group is bounded, and ends before a command that depends on the replies of those before it. None holds both a
//! write and a read that is heavy by itself: reads between writes run where the entry is applied, with the gate held. (What is heavy
//! by the value that it reads is seen there: `executor/store_executor.rs`.)

use std::sync::atomic::Ordering;

use super::Connection;
use super::exec::has_session_commands;
use crate::command::context::{Later, ReplyMode};
use crate::command::once::Once;
use crate::command::{Flags, Run, Spec, lookup};
use crate::config::ReadLevel;
use crate::error::LOADING;
use crate::executor::{Command, Step};
use crate::protocol::parse::{Limits, Parsed};
use crate::protocol::{Args, Reply, Resp};
use crate::replication::{BATCH_BYTES_MAX, BATCH_COMMANDS_MAX};
use crate::server::dispatch::{Dispatched, dispatch, find};
use crate::server::monitor::Called;

/// Most commands of one group: a quarter of a batch.
pub const GROUP_COMMANDS_MAX: usize = BATCH_COMMANDS_MAX / 4;
/// A group that has so many bytes takes no further command.
pub const GROUP_BYTES_MAX: usize = BATCH_BYTES_MAX / 4;

/// The group being collected: its steps, and how each one's reply is to be written.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) steps: Vec<Step>,
    pub(super) forms: Vec<Form>,
    pub(super) bytes: usize,
    pub(super) later: Option<(Later, &'static Spec, Args)>,
    /// What is to be shown to those who watch, in order of its steps.
    pub(super) called: Vec<Called>,
    pub(super) is_monitored: bool,
    has_write: bool,
    has_heavy_read: bool,
}

/// How a reply is written: protocol version, and whether the client wants it.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub(super) resp: Resp,
    pub(super) shown: bool,
    /// What is called; None if it was refused or queued.
    pub(super) spec: Option<&'static Spec>,
    /// How long a command took that was answered at once, ns.
    pub(super) took_ns: u64,
}

impl Connection<'_> {
    /// Takes commands from what was read, until a bound or a command that the group is cut around.
    pub(super) fn collect(&mut self) -> Collected {
        self.paused = false;
        let mut group = Collected { is_monitored: self.server.is_monitored(), ..Collected::default() };
        while group.steps.len() < GROUP_COMMANDS_MAX && group.bytes < GROUP_BYTES_MAX && !self.session.closing {
            let limits = self.limits();
            let before = self.input.len();
            let args = match self.held.take() {
                Some(args) => args,
                None => match self.parser.next(self.input.bytes(), limits) {
                    Ok(Parsed::Command(args)) => {
                        self.frame_len = before - self.input.len();
                        args
                    }
                    Ok(Parsed::Empty) => continue,
                    Ok(Parsed::Incomplete) => {
                        self.failing = false;
                        break;
                    }
                    Err(error) => {
                        group.push(
                            Step::Done(Reply::Error(error)),
                            Form { resp: self.session.resp, shown: true, spec: None, took_ns: 0 },
                        );
                        self.session.closing = true;
                        break;
                    }
                },
            };
            if !self.take(args, &mut group) {
                break;
            }
        }
        self.session.client.shown.lock().commands += group.steps.len() as u64;
        self.session.query_bytes = self.input.len() + if self.held.is_some() { self.frame_len } else { 0 };
        self.input.show_room(&self.session.client);
        self.session.show();
        group
    }

    /// AUTH in the middle of what was read changes them.
    pub(super) fn limits(&self) -> Limits {
        Limits { bulk_len_max: self.server.router.bulk_len_max(), authenticated: self.session.acting.is_authenticated }
    }

    /// Passes one command through the gate; false if the group ends here.
    pub(super) fn take(&mut self, args: Args, group: &mut Collected) -> bool {
        if is_http(&args) {
            // What stands behind it was never meant as commands (cross-protocol scripting): nothing of it runs.
            tracing::warn!(addr = self.session.client.addr, "closed a connection: it sent an HTTP request");
            self.session.closing = true;
            return false;
        }
        let spec = match find(self.server, &mut self.session, &args) {
            Ok(spec) => spec,
            Err(reply) => {
                if let Some(spec) = lookup(args.name()).filter(|spec| spec.flags.contains(Flags::EXECUTES)) {
                    self.note_called(spec, &args, group);
                }
                let form = self.form(None);
                group.push(Step::Done(reply), form);
                return true;
            }
        };
        if self.is_held_by_pause(spec, &args) {
            self.held = Some(args);
            self.paused = true;
            return false;
        }
        let is_queued = self.session.multi.is_some() && !spec.flags.contains(Flags::IMMEDIATE);
        let about = Once::about(spec, &args);
        let cuts = !is_queued && (about.flags.contains(Flags::UNBOUNDED) || stands_alone(spec, about, &args));
        if (cuts && !group.steps.is_empty()) || (!is_queued && self.is_apart(about, group)) {
            self.held = Some(args);
            return false;
        }
        self.session.client.shown.lock().command = about.name;
        // What answers from its arguments alone takes less than the look at the clock.
        let mut began_ns = 0;
        if spec.is_session() {
            began_ns = self.server.env.clocks.monotonic_ns();
            // CLIENT LIST shows itself as it is read and run.
            self.session.query_bytes = self.input.len() + self.frame_len;
            self.input.show_room(&self.session.client);
            self.session.client.buffers.argument_bytes.store(args.payload(), Ordering::Relaxed);
        }
        let dispatched = dispatch(self.server, &mut self.session, &args, spec);
        // An EXEC that was refused because its WATCH failed is told the same.
        let is_answered = matches!(dispatched, Dispatched::Step(Step::Done(_)) | Dispatched::Uncalled(_));
        let would_run = !is_answered || spec.flags.contains(Flags::EXECUTES);
        if (self.failing || self.session.client.is_dismissed()) && would_run {
            let form = self.form(Some(spec));
            group.push(Step::Done(Reply::Error(LOADING)), form);
            return true;
        }
        let dispatched = match dispatched {
            Dispatched::Step(Step::Write(command)) if !group.has_write && command.runs_script() => {
                Dispatched::Step(self.read_if_it_is_one(command))
            }
            dispatched => dispatched,
        };
        match dispatched {
            // The form is asked for afterwards: HELLO answers in the version that it has switched to.
            Dispatched::Step(mut step) => {
                if group.is_monitored
                    && let Step::Read(command) | Step::Write(command) = &mut step
                {
                    command.log_calls();
                }
                self.note_called(spec, &args, group);
                let mut form = self.form(Some(spec));
                if matches!(step, Step::Done(_)) {
                    form.took_ns = if spec.is_session() { self.ns_since(began_ns) } else { 0 };
                    self.note_slow(spec, &args, form.took_ns / 1000);
                }
                // What EXEC does to the session (SELECT, HELLO) has to be done before the next command is looked at.
                let defers = has_session_commands(&step);
                group.bytes += size(&step, &args);
                group.push(step, form);
                !cuts && !defers
            }
            Dispatched::Uncalled(reply) => {
                // Refused, it has ended a transaction all the same.
                if spec.flags.contains(Flags::EXECUTES) {
                    self.note_called(spec, &args, group);
                }
                let form = self.form(None);
                group.push(Step::Done(reply), form);
                true
            }
            Dispatched::Later(later) => {
                group.later = Some((later, spec, args));
                false
            }
        }
    }

    /// The next step of the group is a call that those who watch are shown.
    fn note_called(&self, spec: &'static Spec, args: &Args, group: &mut Collected) {
        if group.is_monitored {
            group.called.push(Called { at: group.steps.len(), spec, args: args.clone(), db: self.session.db });
        }
    }

    /// A script that only reads needs no entry of the log.
    fn read_if_it_is_one(&self, command: Command) -> Step {
        let executor = self.server.router.executor().filter(|_| self.read_level() == ReadLevel::Linearizable);
        match executor.and_then(|executor| executor.natures.as_read(&command, self.input.is_empty())) {
            Some(read) => Step::Read(read),
            None => Step::Write(command),
        }
    }

    /// True if the command must not stand in one group with what is collected so far.
    fn is_apart(&self, spec: &Spec, group: &Collected) -> bool {
        let queued = self.session.multi.as_ref().filter(|_| spec.flags.contains(Flags::EXECUTES));
        let any = |is: fn(&Spec) -> bool| {
            is(spec) || queued.is_some_and(|multi| multi.queue.iter().any(|(spec, _)| is(spec)))
        };
        if any(Spec::is_write) { group.has_heavy_read } else { group.has_write && any(Spec::is_heavy) }
    }

    pub(super) fn form(&mut self, spec: Option<&'static Spec>) -> Form {
        let (shown, next) = match self.session.reply_mode {
            ReplyMode::On => (true, ReplyMode::On),
            ReplyMode::Off => (false, ReplyMode::Off),
            ReplyMode::SkipNext => (false, ReplyMode::Skip),
            ReplyMode::Skip => (false, ReplyMode::On),
        };
        self.session.reply_mode = next;
        Form { resp: self.session.resp, shown, spec, took_ns: 0 }
    }
}

impl Collected {
    fn push(&mut self, step: Step, form: Form) {
        if matches!(step, Step::Write(_)) && !self.has_write {
            self.has_write = true;
            self.steps.iter_mut().for_each(write_again);
        }
        self.has_heavy_read |= matches!(&step, Step::Read(command) if command.is_heavy());
        self.steps.push(step);
        self.forms.push(form);
    }
}

/// A script that was taken for a read is none between writes: there nothing would load it.
fn write_again(step: &mut Step) {
    if let Step::Read(command) = step
        && command.is_brief
        && let Some(spec) = lookup(command.args.name())
    {
        *step = Step::Write(Command { spec, is_brief: false, ..command.clone() });
    }
}

/// True if a command has a group of its own; one that waits where it finds nothing to do only if its arguments let it.
fn stands_alone(spec: &Spec, about: &Spec, args: &Args) -> bool {
    match about.run {
        Run::Blocking(_) => spec.may_wait(args),
        _ => about.flags.contains(Flags::CUTS_GROUP),
    }
}

/// Bytes that a step holds: EXEC is as large as what it runs, wherever that was queued.
fn size(step: &Step, args: &Args) -> usize {
    match step {
        Step::Done(_) => args.size(),
        Step::Read(command) | Step::Write(command) => command.size(),
    }
}

/// True for the first words of an HTTP request, as Redis tells them.
fn is_http(args: &Args) -> bool {
    args.is(0, "POST") || args.is(0, "Host:")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Exec;

    fn command(words: &str) -> Command {
        let args = Args::from_slices(words.split(' '));
        Command::new(lookup(args.name()).unwrap(), 0, args)
    }

    #[test]
    fn script_that_was_taken_for_a_read_is_a_write_in_a_group_that_writes() {
        let form = || Form { resp: Resp::V2, shown: true, spec: None, took_ns: 0 };
        let read = Command { spec: lookup(b"eval_ro").unwrap(), is_brief: true, ..command("EVAL return 0") };
        let mut group = Collected::default();
        group.push(Step::Read(read.clone()), form());
        group.push(Step::Read(command("get k")), form());
        let kinds = |group: &Collected| -> Vec<(bool, &str)> {
            let kind = |step: &Step| match step {
                Step::Write(command) => (true, command.spec.name),
                Step::Read(command) => (false, command.spec.name),
                Step::Done(_) => (false, ""),
            };
            group.steps.iter().map(kind).collect()
        };
        assert_eq!(kinds(&group), [(false, "eval_ro"), (false, "get")]);
        group.push(Step::Write(command("set k v")), form());
        assert_eq!(kinds(&group), [(true, "eval"), (false, "get"), (true, "set")]);
    }

    #[test]
    fn exec_counts_the_bytes_of_what_it_runs() {
        let (exec, set) = (command("exec"), command("set key value"));
        let args = exec.args.clone();
        let inner = set.size();
        let step =
            Step::Write(Command { exec: Some(Box::new(Exec { commands: vec![set], ..Exec::default() })), ..exec });
        assert!(size(&step, &args) > inner);
    }
}
