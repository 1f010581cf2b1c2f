//! One client's connection: read, parse, dispatch, hand over, answer.
//!
//! Invariants
//! - Replies leave in the order of the commands: the next group starts when the one before has been answered.
//! - What a connection holds is bounded: the frame being read by `proto-max-bulk-len` and Redis's limits, the group by
//!   [`GROUP_COMMANDS_MAX`] and [`GROUP_BYTES_MAX`], and nothing more is read or run while replies cannot be written. A slow reader so
//!   stops its own pipeline and nobody else's.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::sync::oneshot;

use super::dispatch::{Dispatched, dispatch, find};
use super::slowlog::{SlowEntry, shorten};
use super::{Call, Client, Finish, Later, Output, ReplyMode, Server, Session, Stats};
use crate::command::{Flags, Run, Spec};
use crate::env::BoxStream;
use crate::error::{INDETERMINATE, LOADING};
use crate::protocol::parse::{Limits, Parsed, Parser};
use crate::protocol::{Args, Reply, Resp, encode};
use crate::replication::{Answered, BATCH_BYTES_MAX, BATCH_COMMANDS_MAX, CommandGroup, Step};

/// Most commands of one group: a quarter of a batch.
pub const GROUP_COMMANDS_MAX: usize = BATCH_COMMANDS_MAX / 4;
/// Most bytes of one group, if it has more than one command.
pub const GROUP_BYTES_MAX: usize = BATCH_BYTES_MAX / 4;
/// Most bytes that are read ahead while a command waits.
const WAITING_INPUT_MAX: usize = 64 * 1024;
const READ_LEN: usize = 16 * 1024;
/// Replies are written when this many bytes have collected.
const WRITE_FROM: usize = 64 * 1024;

/// Serves a client until it leaves, breaks the protocol or is killed.
pub async fn serve(server: &Arc<Server>, stream: BoxStream, client: Arc<Client>) {
    let authenticated = server.settings().requirepass.is_empty();
    let mut connection = Connection {
        server,
        stream,
        session: Session::new(client, authenticated),
        parser: Parser::default(),
        input: BytesMut::new(),
        output: Output::default(),
        held: None,
        failing: false,
        paused: false,
    };
    // A broken socket ends the connection; there is nobody to tell.
    let _ = connection.run().await;
}

struct Connection<'a> {
    server: &'a Arc<Server>,
    stream: BoxStream,
    session: Session,
    parser: Parser,
    input: BytesMut,
    output: Output,
    /// A command that has to wait for the group before it.
    held: Option<Args>,
    /// A group timed out: what was sent by then is answered with LOADING as well (design 2, Deadline).
    failing: bool,
    /// The group ended because CLIENT PAUSE holds `held` back.
    paused: bool,
}

/// The group being collected: its steps, and how each one's reply is to be written.
#[derive(Default)]
struct Collected {
    steps: Vec<Step>,
    forms: Vec<Form>,
    bytes: usize,
    later: Option<(super::Later, &'static Spec)>,
}

/// How a reply is written: protocol version, and whether the client wants it.
#[derive(Clone, Copy)]
struct Form {
    resp: Resp,
    shown: bool,
    /// What is answered; None if it was refused before that was known.
    spec: Option<&'static Spec>,
}

impl Connection<'_> {
    async fn run(&mut self) -> std::io::Result<()> {
        loop {
            let collected = self.collect();
            if collected.steps.is_empty() && collected.later.is_none() {
                if self.session.closing {
                    self.flush().await?;
                    return Ok(());
                }
                self.flush().await?;
                if self.paused {
                    self.wait_for_pause().await?;
                } else {
                    self.read().await?;
                }
                continue;
            }
            self.answer(collected).await?;
            if self.session.closing || self.session.client.is_killed() {
                self.flush().await?;
                return Ok(());
            }
        }
    }

    /// Takes commands from what was read, until a bound or a command that the group is cut around.
    fn collect(&mut self) -> Collected {
        self.paused = false;
        let mut group = Collected::default();
        while group.steps.len() < GROUP_COMMANDS_MAX && group.bytes < GROUP_BYTES_MAX && !self.session.closing {
            let limits = self.limits();
            let args = match self.held.take() {
                Some(args) => args,
                None => match self.parser.next(&mut self.input, limits) {
                    Ok(Parsed::Command(args)) => args,
                    Ok(Parsed::Empty) => continue,
                    Ok(Parsed::Incomplete) => {
                        self.failing = false;
                        break;
                    }
                    Err(error) => {
                        group.push(
                            Step::Done(Reply::Error(error)),
                            Form { resp: self.session.resp, shown: true, spec: None },
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
        self.session.show(self.input.len());
        group
    }

    /// AUTH in the middle of what was read changes them.
    fn limits(&self) -> Limits {
        Limits { bulk_len_max: self.server.router.bulk_len_max(), authenticated: self.session.authenticated }
    }

    /// Passes one command through the gate; false if the group ends here.
    fn take(&mut self, args: Args, group: &mut Collected) -> bool {
        if is_http(&args) {
            // What stands behind it was never meant as commands (cross-protocol scripting): nothing of it runs.
            crate::log::warning(&format!("closed {}: it sent an HTTP request", self.session.client.addr));
            self.session.closing = true;
            return false;
        }
        let spec = match find(&mut self.session, &args) {
            Ok(spec) => spec,
            Err(reply) => {
                let form = self.form(None);
                group.push(Step::Done(reply), form);
                return true;
            }
        };
        if self.is_held_by_pause(spec) {
            self.held = Some(args);
            self.paused = true;
            return false;
        }
        let is_queued = self.session.multi.is_some() && !spec.flags.contains(Flags::IMMEDIATE);
        let cuts = !is_queued && spec.flags.intersects(Flags::CUTS_GROUP.union(Flags::UNBOUNDED));
        if cuts && !group.steps.is_empty() {
            self.held = Some(args);
            return false;
        }
        group.bytes += args.size();
        self.session.client.shown.lock().command = spec.name;
        match dispatch(self.server, &mut self.session, &args, spec) {
            // The form is asked for afterwards: HELLO answers in the version that it has switched to.
            Dispatched::Step(Step::Read(_) | Step::Write(_)) | Dispatched::Later(_) if self.failing => {
                let form = self.form(Some(spec));
                group.push(Step::Done(Reply::Error(LOADING)), form);
                true
            }
            Dispatched::Step(step) => {
                let form = self.form(Some(spec));
                // What EXEC does to the session (SELECT, HELLO) has to be done before the next command is looked at.
                let defers = !session_commands(&step).is_empty();
                group.push(step, form);
                !cuts && !defers
            }
            Dispatched::Later(later) => {
                group.later = Some((later, spec));
                false
            }
        }
    }

    /// CLIENT PAUSE holds what may write, also what is only queued for EXEC, or everything but CLIENT itself.
    fn is_held_by_pause(&self, spec: &Spec) -> bool {
        let queued = |spec: &Spec| spec.flags.intersects(Flags::WRITE.union(Flags::MAY_REPLICATE));
        let in_multi =
            self.session.multi.as_ref().is_some_and(|multi| multi.queue.iter().any(|(spec, _)| queued(spec)));
        !spec.flags.contains(Flags::PAUSE_EXEMPT)
            && self.server.pause.holds(queued(spec) || (in_multi && spec.flags.contains(Flags::IMMEDIATE)))
    }

    async fn wait_for_pause(&mut self) -> std::io::Result<()> {
        tokio::select! {
            () = self.server.pause.ended() => Ok(()),
            () = self.session.client.killed() => Err(std::io::ErrorKind::ConnectionAborted.into()),
        }
    }

    fn form(&mut self, spec: Option<&'static Spec>) -> Form {
        let (shown, next) = match self.session.reply_mode {
            ReplyMode::On => (true, ReplyMode::On),
            ReplyMode::Off => (false, ReplyMode::Off),
            ReplyMode::SkipNext => (false, ReplyMode::Skip),
            ReplyMode::Skip => (false, ReplyMode::On),
        };
        self.session.reply_mode = next;
        Form { resp: self.session.resp, shown, spec }
    }

    /// Waits for the group's replies and encodes them.
    async fn answer(&mut self, group: Collected) -> std::io::Result<()> {
        let Collected { steps, forms, later, .. } = group;
        Stats::add(&self.server.stats.commands, steps.len() as u64 + u64::from(later.is_some()));
        let began_ns = self.server.env.clocks.monotonic_ns();
        if let Some((later, spec)) = later {
            self.flush().await?;
            let Some(finish) = self.wait_for(later, spec).await? else { return Ok(()) };
            let reply = finish(&mut self.session);
            let form = self.form(Some(spec));
            self.note(&reply, form, self.usec_since(began_ns));
            return self.write(reply, form).await;
        }
        if steps.iter().all(|step| matches!(step, Step::Done(_))) {
            for (step, form) in steps.into_iter().zip(forms) {
                if let Step::Done(reply) = step {
                    self.note(&reply, form, 0);
                    self.write(reply, form).await?;
                }
            }
            return Ok(());
        }
        // Session commands inside EXEC are answered by the origin, after the rest.
        let sessions: Vec<Vec<(usize, Args)>> = steps.iter().map(session_commands).collect();
        let (first, count) = slow_candidate(&steps);
        let (done, answered) = oneshot::channel();
        self.server.router.submit(CommandGroup {
            steps,
            level: self.session.level.unwrap_or_else(|| self.server.settings().read_consistency),
            no_touch: self.session.no_touch,
            connection: self.session.client.id,
            done,
        });
        let answered = tokio::select! {
            answered = answered => answered.ok(),
            () = self.session.client.killed() => return Ok(()),
        };
        // The sender is dropped without an answer only when the node stops.
        let Some(Answered { replies, index, timed_out }) = answered else {
            for form in forms {
                self.write(Reply::Error(INDETERMINATE), form).await?;
            }
            self.session.closing = true;
            return Ok(());
        };
        self.failing = timed_out;
        self.session.last_write_index = self.session.last_write_index.max(index);
        let took_us = self.usec_since(began_ns);
        if let Some(args) = first {
            self.note_slow(&args, count, took_us);
        }
        let share_us = took_us / count.max(1) as u64;
        for ((mut reply, form), own) in replies.into_iter().zip(forms).zip(sessions) {
            let mut form = form;
            if !own.is_empty() {
                self.fill(&mut reply, own).await;
                // HELLO may have been among them.
                form.resp = self.session.resp;
            }
            self.note(&reply, form, share_us);
            self.write(reply, form).await?;
        }
        Ok(())
    }

    /// Runs the session commands of an EXEC and puts their replies in their places.
    async fn fill(&mut self, reply: &mut Reply, own: Vec<(usize, Args)>) {
        let Reply::Array(items) = reply else { return };
        for (place, args) in own {
            let Ok(spec) = crate::command::check(crate::command::Caller::Client, &args) else { continue };
            let Run::Session(run) = spec.run else { continue };
            let mut call = Call { session: &mut self.session, server: self.server, in_exec: true };
            let result = match run(&mut call, &args) {
                // CLIENT REPLY: the array has as many items as there were commands.
                super::Answer::Reply(Reply::Silent) => Reply::Ok,
                super::Answer::Reply(reply) => reply,
                super::Answer::Later(later) => later.await(&mut self.session),
                super::Answer::Run(_) => {
                    Reply::Error(crate::error::ReplyError::new("ERR Command not allowed inside a transaction"))
                }
            };
            if let Some(item) = items.get_mut(place) {
                *item = result;
            }
        }
    }

    /// Waits for what a command answers later. A client that leaves ends the wait, if the command may be a long one; None: it was
    /// killed.
    async fn wait_for(&mut self, mut later: Later, spec: &Spec) -> std::io::Result<Option<Finish>> {
        let client = self.session.client.clone();
        loop {
            // What arrives meanwhile is kept for later, within a bound; without reading, a departure would go unnoticed.
            let listens = spec.flags.contains(Flags::BLOCKING) && self.input.len() < WAITING_INPUT_MAX;
            if listens {
                self.input.reserve(READ_LEN);
            }
            tokio::select! {
                biased;
                finish = &mut later => return Ok(Some(finish)),
                () = client.killed() => return Ok(None),
                read = self.stream.read_buf(&mut self.input), if listens => match read? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    count => Stats::add(&self.server.stats.input_bytes, count as u64),
                },
            }
        }
    }

    fn usec_since(&self, began_ns: u64) -> u64 {
        self.server.env.clocks.monotonic_ns().saturating_sub(began_ns) / 1000
    }

    /// Counts an answered command.
    fn note(&self, reply: &Reply, form: Form, usec: u64) {
        if let Reply::Error(error) = reply {
            self.server.stats.failed(error.code());
        }
        if let Some(spec) = form.spec {
            self.server.stats.called(spec, usec, reply.is_error());
        }
    }

    fn note_slow(&self, args: &Args, count: usize, took_us: u64) {
        let settings = self.server.settings();
        if u64::try_from(settings.slowlog_slower_than_us).is_ok_and(|bound| took_us >= bound) {
            let client = &self.session.client;
            let entry = SlowEntry {
                id: 0,
                at_s: self.server.env.clocks.wall_ms() / 1000,
                took_us,
                args: shorten(args, count),
                addr: client.addr.clone(),
                name: self.session.name.clone(),
            };
            self.server.slowlog.push(entry, settings.slowlog_len_max);
        }
    }

    async fn write(&mut self, reply: Reply, form: Form) -> std::io::Result<()> {
        if form.shown {
            encode(&mut self.output, &reply, form.resp);
        }
        if self.output.len() > WRITE_FROM {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> std::io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        Stats::add(&self.server.stats.output_bytes, self.output.len() as u64);
        Stats::add(&self.server.stats.writes, 1);
        tokio::select! {
            biased;
            result = self.output.write_to(&mut *self.stream) => result,
            () = self.session.client.killed() => Err(std::io::ErrorKind::ConnectionAborted.into()),
        }
    }

    async fn read(&mut self) -> std::io::Result<()> {
        self.input.reserve(READ_LEN);
        let timeout_s = self.server.settings().timeout_s;
        let client = self.session.client.clone();
        let read = async {
            tokio::select! {
                biased;
                result = self.stream.read_buf(&mut self.input) => result,
                () = client.killed() => Ok(0),
            }
        };
        let count = match timeout_s {
            0 => read.await?,
            seconds => tokio::time::timeout(Duration::from_secs(seconds), read).await.unwrap_or(Ok(0))?,
        };
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Stats::add(&self.server.stats.input_bytes, count as u64);
        Stats::add(&self.server.stats.reads, 1);
        self.session.client.active_ms.store(self.server.env.clocks.wall_ms(), Ordering::Relaxed);
        Ok(())
    }
}

impl Collected {
    fn push(&mut self, step: Step, form: Form) {
        self.steps.push(step);
        self.forms.push(form);
    }
}

/// What SLOWLOG would show of a group: its first command that is not answered yet, and how many there are of those.
fn slow_candidate(steps: &[Step]) -> (Option<Args>, usize) {
    let mut waiting = steps.iter().filter_map(|step| match step {
        Step::Done(_) => None,
        Step::Read(command) | Step::Write(command) => Some(command),
    });
    let first = waiting.next();
    let skipped = first.is_some_and(|command| command.spec.flags.contains(Flags::SKIP_SLOWLOG));
    let count = usize::from(first.is_some()) + waiting.count();
    // EXEC says nothing: its first command does.
    let shown = first.and_then(|command| match &command.exec {
        Some(exec) => exec.commands.first().map(|inner| inner.args.clone()),
        None => (!skipped).then(|| command.args.clone()),
    });
    (shown, count)
}

/// True for the first words of an HTTP request, as Redis tells them.
fn is_http(args: &Args) -> bool {
    args.is(0, "POST") || args.is(0, "Host:")
}

/// The session commands of an EXEC, each with its place.
fn session_commands(step: &Step) -> Vec<(usize, Args)> {
    let (Step::Read(command) | Step::Write(command)) = step else { return Vec::new() };
    let Some(exec) = &command.exec else { return Vec::new() };
    exec.commands
        .iter()
        .enumerate()
        .filter(|(_, command)| matches!(command.spec.run, Run::Session(_)))
        .map(|(place, command)| (place, command.args.clone()))
        .collect()
}
