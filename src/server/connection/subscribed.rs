//! A connection that is subscribed: its messages between its replies.
//!
//! Invariants
//! - Messages are put before the reply to a command that comes after them in the log, and behind the reply to one that does not
//!   (`executor/hub.rs` says how that is known).
//! - What reads without a place in the log have not seen is put behind their replies, whatever of it is there by then: so who keeps a reply is
//!   told behind it that it has changed.
//! - A connection whose subscribing command has an unknown outcome is closed: what it would be sent from then on is unknown too. Whatever
//!   ends a connection that has subscribed has the log end its subscriptions.
//! - What the state has lost with a boot, the connection tells it again between two of its groups, so never something that a later command of
//!   its own has changed.

use std::future::pending;
use std::time::Duration;

use super::Connection;
use crate::command::context::ReplyMode;
use crate::command::pubsub::{confirm, hold_args};
use crate::error::INDETERMINATE;
use crate::executor::{Asker, Command, Mailbox, Place, Step, StepReply};
use crate::protocol::{Reply, Resp, Sink};

/// So many bytes of messages are put together before they are written: what is beyond stays where its length is watched.
const MESSAGES_MAX: usize = 256 * 1024;
const HOLD_PAUSE: Duration = Duration::from_millis(100);

/// See [`Mailbox::ready`]; never without one.
pub(super) async fn ready(mailbox: Option<&Mailbox>, before: impl Fn() -> Option<Place>) {
    match mailbox {
        Some(mailbox) => mailbox.ready(before).await,
        None => pending().await,
    }
}

/// The command of a step that is no transaction and goes through the log.
pub(super) fn plain(step: &Step) -> Option<&Command> {
    match step {
        Step::Write(command) if command.exec.is_none() => Some(command),
        _ => None,
    }
}

impl Connection<'_> {
    fn next_asker(&mut self) -> Asker {
        self.session.waits += 1;
        Asker::new(self.session.client.id, self.session.waits)
    }

    /// A place for messages, before any can come.
    pub(super) fn open_mailbox(&mut self) {
        if let Some(executor) = self.server.router.executor() {
            self.mailbox = Some(executor.hub.open(&self.session.client));
        }
    }

    /// Puts the messages at places before this one (None: all that are there) to what is written.
    pub(super) fn put_messages(&mut self, before: Option<Place>) {
        while self.put_message(before) {}
    }

    fn put_message(&mut self, before: Option<Place>) -> bool {
        let Some(message) = self.mailbox.as_ref().and_then(|mailbox| mailbox.take(before, self.session.resp)) else {
            return false;
        };
        match self.session.resp {
            Resp::V2 if message.starts_with(b">") => {
                self.output.put(b"*");
                self.output.put_shared(&message.slice(1..));
            }
            // A line of what is watched.
            _ if message.starts_with(b"+") && self.session.reply_mode == ReplyMode::Off => {}
            _ => self.output.put_shared(&message),
        }
        true
    }

    /// What the mailbox has while the connection has nothing else to do.
    pub(super) async fn take_from_mailbox(&mut self) -> std::io::Result<()> {
        let must_hold_again = self.mailbox.as_ref().is_some_and(|mailbox| mailbox.take_hold_again());
        if must_hold_again && !self.session.subscribed.is_empty() {
            self.hold_again().await;
        }
        while self.output.len() < MESSAGES_MAX && self.put_message(None) {}
        Ok(())
    }

    /// Tells the state what the connection is subscribed to.
    async fn hold_again(&mut self) {
        let (asker, args) = (self.next_asker(), hold_args(&self.session.subscribed));
        let client = self.session.client.clone();
        tokio::select! {
            reply = self.server.router.hold(asker, args) => {
                if reply.is_error() && let Some(mailbox) = &self.mailbox {
                    tokio::time::sleep(HOLD_PAUSE).await;
                    mailbox.set_hold_again();
                }
            }
            () = client.dismissed() => {}
        }
    }

    /// True if a command changes subscriptions: its reply is shown whatever CLIENT REPLY says, as messages are. If it is unknown whether it
    /// has, the connection is closed behind it.
    pub(super) fn subscribed_by(&mut self, command: &Command, reply: &StepReply) -> bool {
        let is_unknown = matches!(reply, StepReply::Reply(Reply::Error(error)) if error.code() == INDETERMINATE.code());
        self.session.closing |= command.subscribes() && is_unknown;
        command.subscribes() && command.exec.is_none()
    }

    /// What is answered to a command that was applied: the confirmations, if it changed subscriptions.
    pub(super) fn confirmed(&mut self, command: Option<&Command>, reply: Reply) -> Reply {
        match command {
            Some(command) if !reply.is_error() && command.spec.flags.contains(crate::command::Flags::SUBSCRIBES) => {
                confirm(&mut self.session, command.spec, &command.args)
            }
            _ => reply,
        }
    }

    /// The connection is over: so is what it has in the state, and its place for messages.
    pub(super) fn end(&mut self) {
        let Some(executor) = self.server.router.executor() else { return };
        let connection = self.session.client.id;
        if self.mailbox.take().is_some() || self.session.client.is_called() {
            executor.hub.close(connection);
        }
        executor.monitors.remove(connection);
        if self.has_subscribed {
            let asker = self.next_asker();
            self.server.router.end_subscriptions(asker);
        }
        if self.session.is_bound {
            executor.hub.unbind(connection);
            let asker = self.next_asker();
            self.server.router.leave(asker);
        }
    }

    /// LOCK.NOTIFY or CLIENT TRACKING has asked for a place for messages, or another client that has chosen this one to be told in its place.
    pub(super) fn follow_notify(&mut self) {
        let is_told = self.session.tracked.is_some() || self.session.is_monitoring || self.session.client.is_called();
        if self.mailbox.is_none() && is_told {
            self.open_mailbox();
        }
        if self.session.is_notified && !std::mem::replace(&mut self.is_notified, self.session.is_notified) {
            self.open_mailbox();
        }
        self.is_notified = self.session.is_notified;
    }
}
