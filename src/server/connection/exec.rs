//! The session commands of a transaction: the connection runs them when the rest is done, and puts their replies in their places.

use std::sync::Arc;

use bytes::BytesMut;

use super::Connection;
use crate::command::context::{Answer, Call, Node};
use crate::command::{COMMANDS, Run, Spec};
use crate::error::ReplyError;
use crate::executor::{Command, Slot, Step};
use crate::protocol::{Reply, encode};

const NOT_IN_EXEC: ReplyError = ReplyError::new("ERR Command not allowed inside a transaction");

impl Connection<'_> {
    /// Counts the calls of an EXEC: they were none while they were queued. Their time is in EXEC's.
    pub(super) fn note_executed(&self, reply: &Reply, executed: &[&'static Spec]) {
        let Reply::Array(items) = reply else { return };
        for (spec, item) in executed.iter().zip(items) {
            self.server.stats.called(spec, 0, item.is_error(), None);
            if let Reply::Error(error) = item {
                self.server.stats.failed(error.code());
            }
        }
    }

    /// EXEC's reply: runs its session commands, and puts their replies in their places.
    pub(super) async fn fill(&mut self, slots: Vec<Slot>, step: &Step, own_us: &mut Vec<(usize, u64)>) -> Reply {
        let mut items = Vec::with_capacity(slots.len());
        let mut encoded = 0;
        for (place, slot) in slots.into_iter().enumerate() {
            let command = match slot {
                Slot::Reply(reply) => {
                    items.push(self.confirmed(inner(step, place), reply));
                    continue;
                }
                Slot::Session(command) => command,
            };
            let resp = self.session.resp;
            let began_ns = self.server.env.clocks.monotonic_ns();
            let reply = self.run_in_exec(&command).await;
            own_us.push((place, self.ns_since(began_ns) / 1000));
            if self.session.resp != resp {
                // HELLO: what stands before it was answered in the version before.
                for item in items.iter_mut().skip(encoded) {
                    let mut bytes = BytesMut::new();
                    encode(&mut bytes, item, resp);
                    *item = Reply::Encoded(bytes.freeze());
                }
                encoded = items.len();
            }
            items.push(reply);
        }
        Reply::Array(items)
    }

    async fn run_in_exec(&mut self, command: &Command) -> Reply {
        let Run::Session(run) = command.spec.run else { return Reply::Error(NOT_IN_EXEC) };
        let node: Arc<dyn Node> = self.server.clone();
        let mut call = Call { session: &mut self.session, node: &node, commands: COMMANDS, in_exec: true };
        match run(&mut call, &command.args) {
            // CLIENT REPLY: the array has as many items as there were commands.
            Answer::Reply(Reply::Silent) => Reply::Ok,
            Answer::Reply(reply) => reply,
            Answer::Later(later) => later.await(&mut self.session),
            Answer::Execute(_) => Reply::Error(NOT_IN_EXEC),
        }
    }
}

fn inner(step: &Step, place: usize) -> Option<&Command> {
    let (Step::Read(command) | Step::Write(command)) = step else { return None };
    command.exec.as_ref()?.commands.get(place)
}

/// What an EXEC runs.
pub(super) fn executed(step: &Step) -> Vec<&'static Spec> {
    let (Step::Read(command) | Step::Write(command)) = step else { return Vec::new() };
    command.exec.iter().flat_map(|exec| &exec.commands).map(|command| command.spec).collect()
}

/// True for an EXEC with session commands, and for one that changes subscriptions.
pub(super) fn has_session_commands(step: &Step) -> bool {
    let (Step::Read(command) | Step::Write(command)) = step else { return false };
    command.subscribes() || command.exec.iter().flat_map(|exec| &exec.commands).any(|command| command.spec.is_session())
}
