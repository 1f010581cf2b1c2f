//! One client's connection: read, parse, dispatch, hand over, answer.
//!
//! Invariants
//! - Replies leave in the order of the commands: the next group starts when the one before has been answered. (Design 2 lets it start once a
//!   write is handed over. With one batch in flight it would then wait at the origin instead of here, and WATCH, errors and deadlines
//!   would have to look back: one connection with 100 commands in flight is nearly three times as fast as Redis as it is.)
//! - What a connection holds is bounded: the frame being read by `proto-max-bulk-len` and Redis's limits, the group by
//!   [`collect::GROUP_COMMANDS_MAX`] and [`collect::GROUP_BYTES_MAX`], and nothing more is read or run while replies cannot be written. A slow reader so
//!   stops its own pipeline and nobody else's.
//! - No reply is kept back by a command that waits: what was answered before it has been written.
//! - Nothing that was read before a LOADING runs after it, whether a group or a command that answers later was told so: clients
//!   send the whole pipeline again.
//! - A client that is dismissed, because the node ends, has an answer to all that it has sent before the connection closes: what is under
//!   way gets [`DISMISSAL`] to come to an end, and has an unknown outcome then; nothing else is carried out.

mod collect;
mod exec;
mod input;
mod paused;
mod subscribed;
mod waiting;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::slowlog::shorten;
use super::{Output, Server, Stats};
use crate::command::context::{Client, Finish, Later, Session, SlowEntry, UsersHere};
use crate::command::{Flags, Spec};
use crate::config::ReadLevel;
use crate::error::{INDETERMINATE, LOADING};
use crate::executor::{Answered, CommandGroup, Mailbox, Place, Slot, Step, StepReply};
use crate::protocol::parse::Parser;
use crate::protocol::{Args, Reply, encode};
use crate::sys::env::BoxStream;
use crate::sys::latency::{COMMAND, FAST_COMMAND};
use collect::{Collected, Form};
use exec::executed;
use input::Input;
use subscribed::{plain, ready};

/// Most bytes that are read ahead while a command waits.
const WAITING_INPUT_MAX: usize = 64 * 1024;
/// Replies are written when this many bytes have collected.
const WRITE_FROM: usize = 64 * 1024;
/// See the module's header.
const DISMISSAL: Duration = Duration::from_millis(300);
/// A reply with more parts is encoded, and dropped, on another thread: about a millisecond's work.
const LONG_REPLY: usize = 8192;

/// Serves a client until it leaves, breaks the protocol or is killed.
pub async fn serve(server: &Arc<Server>, stream: BoxStream, client: Arc<Client>) {
    let acting = server.newcomer();
    let mut connection = Connection {
        server,
        stream,
        session: Session::new(client, acting),
        parser: Parser::default(),
        input: Input::default(),
        output: Output::default(),
        held: None,
        frame_len: 0,
        failing: false,
        paused: false,
        passes_pause: false,
        mailbox: None,
        has_subscribed: false,
        is_notified: false,
        is_monitoring: false,
    };
    // A broken socket ends the connection; there is nobody to tell.
    let _ = connection.run().await;
    connection.end();
}

struct Connection<'a> {
    server: &'a Arc<Server>,
    stream: BoxStream,
    session: Session,
    parser: Parser,
    input: Input,
    output: Output,
    /// A command that has to wait for the group before it.
    held: Option<Args>,
    /// Bytes of the frame that was parsed last.
    frame_len: usize,
    /// A command timed out: what was sent by then is answered with LOADING as well (design 2, Deadline).
    failing: bool,
    /// The group ended because CLIENT PAUSE holds `held` back.
    paused: bool,
    /// `held` has turned out to be none of what CLIENT PAUSE holds back.
    passes_pause: bool,
    /// What comes from channels, once the connection has asked for it.
    mailbox: Option<Arc<Mailbox>>,
    /// The state may have subscriptions of the connection.
    has_subscribed: bool,
    /// LOCK.NOTIFY, as far as it is followed.
    is_notified: bool,
    /// MONITOR, once it is answered.
    is_monitoring: bool,
}

impl Connection<'_> {
    /// How fresh the connection's reads are.
    fn read_level(&self) -> ReadLevel {
        self.session.level.unwrap_or_else(|| self.server.settings().read_consistency)
    }

    async fn run(&mut self) -> std::io::Result<()> {
        loop {
            let collected = self.collect();
            self.follow_notify();
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
            let bytes = collected.bytes;
            if bytes > 0 {
                self.session.client.buffers.argument_bytes.store(bytes, Ordering::Relaxed);
            }
            self.answer(collected).await?;
            self.is_monitoring = self.session.is_monitoring;
            self.session.client.buffers.argument_bytes.store(0, Ordering::Relaxed);
            if self.session.closing || self.session.client.is_killed() {
                self.flush().await?;
                return Ok(());
            }
        }
    }

    /// Waits for the group's replies and encodes them.
    async fn answer(&mut self, group: Collected) -> std::io::Result<()> {
        let Collected { steps, forms, later, called, is_monitored, .. } = group;
        let client = self.session.client.clone();
        let began_ns = self.server.env.clocks.monotonic_ns();
        if let Some((later, spec, args)) = later {
            self.flush().await?;
            let may_wait = spec.flags.contains(Flags::BLOCKING);
            if is_monitored && may_wait {
                self.server.show_call(&client.addr, spec, &args, self.session.db);
            }
            let Some(finish) = self.wait_for(later, spec).await? else { return Ok(()) };
            self.put_messages(None);
            let reply = finish(&mut self.session);
            if is_monitored && !may_wait {
                self.server.show_call(&client.addr, spec, &args, self.session.db);
            }
            self.failing = matches!(&reply, Reply::Error(error) if *error == LOADING);
            let form = self.form(Some(spec));
            let took_ns = self.ns_since(began_ns);
            // How long a command has waited because it was asked to says nothing of its work.
            let is_timed = !self.failing && (!may_wait || spec.flags.contains(Flags::TIMED));
            if !self.failing {
                self.note_slow(spec, &args, if is_timed { took_ns / 1000 } else { 0 });
            }
            self.note(&reply, form, took_ns / 1000, Some(took_ns).filter(|_| is_timed));
            return self.write(reply, form).await;
        }
        if steps.iter().all(|step| matches!(step, Step::Done(_))) {
            // What is shown comes behind the answer to MONITOR.
            if self.is_monitoring || !self.session.is_monitoring {
                self.put_messages(None);
            }
            let mut called = called.iter().peekable();
            for (at, (step, form)) in steps.into_iter().zip(forms).enumerate() {
                if let Some(called) = called.next_if(|called| called.at == at) {
                    self.server.show_call(&client.addr, called.spec, &called.args, called.db);
                }
                if let Step::Done(reply) = step {
                    self.note(&reply, form, form.took_ns / 1000, Some(form.took_ns));
                    self.write(reply, form).await?;
                }
                if self.is_monitoring && !self.session.closing {
                    self.put_messages(None);
                }
            }
            return Ok(());
        }
        let executed: Vec<_> = steps.iter().map(executed).collect();
        let writes = steps.iter().any(|step| matches!(step, Step::Write(_)));
        let count = steps.iter().filter(|step| !matches!(step, Step::Done(_))).count();
        let level = self.read_level();
        let asker = match steps.as_slice() {
            [Step::Write(command)] => command.waiter(),
            _ => None,
        };
        if asker.is_some() {
            self.flush().await?;
        }
        let subscribes = steps.iter().any(|step| matches!(step, Step::Write(command) if command.subscribes()));
        let has_user =
            |step: &Step| matches!(step, Step::Write(command) | Step::Read(command) if command.user.is_some());
        let runs_script = steps.iter().any(has_user);
        if subscribes {
            self.open_mailbox();
            self.has_subscribed = true;
        }
        let (mut group, answered) = CommandGroup::new(steps, level, self.session.no_touch, self.session.client.id);
        group.waits = asker.map(|_| self.session.client.waits.clone());
        let mut called = called.iter().peekable();
        if asker.is_some()
            && let Some(called) = called.next()
        {
            self.server.show_call(&client.addr, called.spec, &called.args, called.db);
        }
        self.server.router.submit(group);
        let answered = match asker {
            Some(asker) => self.wait_in_state(answered, asker).await?,
            None => tokio::select! {
                biased;
                answered = answered => answered.ok(),
                () = self.session.client.killed() => return Ok(()),
                // A write may be applied at the moment; of a read nobody minds whether it was carried out.
                () = is_over(&self.session.client, writes) => None,
            },
        };
        // Else the sender is dropped without an answer only when the node stops.
        let Some(Answered { steps, replies, index, mut position, seen, timed_out }) = answered else {
            let error = if writes { INDETERMINATE } else { LOADING };
            for form in forms {
                self.write(Reply::Error(error.clone()), form).await?;
            }
            self.session.closing = !self.session.client.is_dismissed();
            return Ok(());
        };
        if subscribes {
            self.server.look_at_subscriptions(&mut self.session);
        }
        if runs_script {
            self.server.note_script_denials(&client);
        }
        self.failing = timed_out;
        self.session.last_write_index = self.session.last_write_index.max(index);
        // As above.
        let took_ns = if asker.is_some() { 0 } else { self.ns_since(began_ns) };
        let (took_us, is_timed) = (took_ns / 1000, !timed_out && asker.is_none());
        let is_slow = !timed_out && self.server.slowlog.is_slow(took_us);
        let share_us = took_us / count.max(1) as u64;
        if index == 0 {
            self.put_messages(Some(Place { index: seen + 1, position: 0 }));
        }
        let replies = replies.into_iter().zip(steps);
        for (at, (((reply, step), mut form), executed)) in replies.zip(forms).zip(executed).enumerate() {
            let (usec, took_ns) = match step {
                Step::Done(_) => (form.took_ns / 1000, Some(form.took_ns)),
                _ => (share_us, Some(took_ns).filter(|_| is_timed)),
            };
            if let Step::Write(command) = &step {
                position += 1;
                self.put_messages(Some(Place { index, position }));
                form.shown |= self.subscribed_by(command, &reply);
            }
            let mut own_us = Vec::new();
            let reply = match reply {
                StepReply::Reply(reply) => self.confirmed(plain(&step), reply),
                StepReply::Exec(slots) => {
                    let defers = slots.iter().any(|slot| matches!(slot, Slot::Session(_)));
                    let reply = self.fill(slots, &step, &mut own_us).await;
                    if defers {
                        // HELLO may have been among them.
                        form.resp = self.session.resp;
                    }
                    reply
                }
            };
            if let Some(called) = called.next_if(|called| called.at == at) {
                self.server.show_step(&client.addr, called, &step, &reply);
            }
            if is_slow || !own_us.is_empty() {
                self.note_slow_step(&step, &reply, took_us, &own_us);
            }
            self.note_executed(&reply, &executed);
            self.note(&reply, form, usec, took_ns);
            self.write(reply, form).await?;
            if matches!(step, Step::Write(_)) {
                self.put_messages(Some(Place { index, position: position + 1 }));
            }
        }
        Ok(())
    }

    /// Waits for what a command answers later. A client that leaves ends the wait, if the command may be a long one; None: it was
    /// killed.
    async fn wait_for(&mut self, mut later: Later, spec: &Spec) -> std::io::Result<Option<Finish>> {
        let (client, mailbox) = (self.session.client.clone(), self.mailbox.clone());
        loop {
            // What arrives meanwhile is kept for later, within a bound; without reading, a departure would go unnoticed.
            let listens = spec.flags.contains(Flags::BLOCKING) && self.input.len() < WAITING_INPUT_MAX;
            tokio::select! {
                biased;
                finish = &mut later => return Ok(Some(finish)),
                () = client.killed() => return Ok(None),
                () = is_over(&client, true) => return Ok(Some(Box::new(|_| Reply::Error(INDETERMINATE)))),
                () = ready(mailbox.as_deref(), || Some(Place::LAST)) => {
                    self.put_messages(None);
                    self.flush().await?;
                }
                read = self.input.fill(&mut *self.stream, &client), if listens => match read? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    count => Stats::add(&self.server.stats.input_bytes, count as u64),
                },
            }
        }
    }

    fn ns_since(&self, began_ns: u64) -> u64 {
        self.server.env.clocks.monotonic_ns().saturating_sub(began_ns)
    }

    /// Counts an answered command: its share of the time of its group, and how long it took itself, if that says anything of it.
    fn note(&self, reply: &Reply, form: Form, usec: u64, took_ns: Option<u64>) {
        if let Reply::Error(error) = reply {
            self.server.stats.failed(error.code());
        }
        if let Some(spec) = form.spec {
            self.server.stats.called(spec, usec, reply.is_error(), took_ns);
            let env = &self.server.env;
            if let Some(took_ns) = took_ns.filter(|_| env.spikes.is_on()) {
                let event = if spec.flags.contains(Flags::FAST) { FAST_COMMAND } else { COMMAND };
                env.spikes.note(&*env.clocks, event, took_ns);
            }
        }
    }

    /// Keeps a call that took so long for SLOWLOG.
    fn note_slow(&self, spec: &Spec, args: &Args, took_us: u64) {
        if self.server.slowlog.is_slow(took_us) && !spec.flags.contains(Flags::SKIP_SLOWLOG) {
            let client = &self.session.client;
            self.server.slowlog.push(SlowEntry {
                id: 0,
                at_s: self.server.env.clocks.wall_ms() / 1000,
                took_us,
                args: shorten(spec, args),
                addr: client.addr.clone(),
                name: self.session.name.clone(),
            });
        }
    }

    /// The same for what ran on the store: of EXEC, what it ran; `own_us` are its session commands, by place, with their own times.
    fn note_slow_step(&self, step: &Step, reply: &Reply, took_us: u64, own_us: &[(usize, u64)]) {
        let (Step::Read(command) | Step::Write(command)) = step else { return };
        match &command.exec {
            None => self.note_slow(command.spec, &command.args, took_us),
            Some(exec) if matches!(reply, Reply::Array(_)) => {
                for (place, inner) in exec.commands.iter().enumerate() {
                    let own = own_us.iter().find(|(own, _)| *own == place);
                    self.note_slow(inner.spec, &inner.args, own.map_or(took_us, |(_, us)| *us));
                }
            }
            Some(_) => {}
        }
    }

    async fn write(&mut self, reply: Reply, form: Form) -> std::io::Result<()> {
        if form.shown && reply.is_longer_than(LONG_REPLY) {
            let mut output = std::mem::take(&mut self.output);
            let encoded = move || {
                encode(&mut output, &reply, form.resp);
                output
            };
            let _turn = self.server.env.turn(false).await;
            self.output = self.server.env.heavy(encoded).await;
        } else if form.shown {
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
        while !self.output.is_empty() {
            self.output.show(&self.session.client.buffers);
            tokio::select! {
                biased;
                result = self.output.write_some(&mut *self.stream) => result?,
                () = self.session.client.killed() => return Err(std::io::ErrorKind::ConnectionAborted.into()),
            }
        }
        self.output.show(&self.session.client.buffers);
        Ok(())
    }

    async fn read(&mut self) -> std::io::Result<()> {
        // As in Redis, who is subscribed or watches may be silent.
        let may_be_silent = !self.session.subscribed.is_empty() || self.session.is_monitoring;
        let timeout_s = if may_be_silent { 0 } else { self.server.settings().timeout_s };
        let (client, mailbox) = (self.session.client.clone(), self.mailbox.clone());
        let read = async {
            tokio::select! {
                biased;
                result = self.input.fill(&mut *self.stream, &client) => result.map(Some),
                () = client.dismissed() => Ok(Some(0)),
                () = ready(mailbox.as_deref(), || None) => Ok(None),
                () = client.called(), if mailbox.is_none() => Ok(None),
            }
        };
        let count = match timeout_s {
            0 => read.await?,
            seconds => tokio::time::timeout(Duration::from_secs(seconds), read).await.unwrap_or(Ok(Some(0)))?,
        };
        let Some(count) = count else { return self.take_from_mailbox().await };
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Stats::add(&self.server.stats.input_bytes, count as u64);
        Stats::add(&self.server.stats.reads, 1);
        self.session.client.active_ms.store(self.server.env.clocks.wall_ms(), Ordering::Relaxed);
        Ok(())
    }
}

/// Returns when a dismissed client's commands have had their time.
async fn is_over(client: &Client, has_time: bool) {
    client.dismissed().await;
    if has_time {
        tokio::time::sleep(DISMISSAL).await;
    }
}
