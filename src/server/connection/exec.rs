//! The session commands of a transaction: the connection runs them when the rest is done, and puts their replies in their places.

use std::sync::Arc;

use bytes::BytesMut;

use super::Connection;
use crate::command::context::{Answer, Call, Node};
use crate::command::{COMMANDS, Caller, Run, Spec, check};
use crate::error::ReplyError;
use crate::executor::Step;
use crate::protocol::{Args, Reply, encode};

impl Connection<'_> {
    /// Counts the calls of an EXEC: they were none while they were queued. Their time is in EXEC's.
    pub(super) fn note_executed(&self, reply: &Reply, executed: &[&'static Spec]) {
        let Reply::Array(items) = reply else { return };
        for (spec, item) in executed.iter().zip(items) {
            self.server.stats.called(spec, 0, item.is_error());
            if let Reply::Error(error) = item {
                self.server.stats.failed(error.code());
            }
        }
    }

    /// Runs the session commands of an EXEC and puts their replies in their places.
    pub(super) async fn fill(&mut self, reply: &mut Reply, own: Vec<(usize, Args)>) {
        let Reply::Array(items) = reply else { return };
        let mut encoded = 0;
        for (place, args) in own {
            let Ok(spec) = check(Caller::Client, &args) else { continue };
            let Run::Session(run) = spec.run else { continue };
            let resp = self.session.resp;
            let node: Arc<dyn Node> = self.server.clone();
            let mut call = Call { session: &mut self.session, node: &node, commands: COMMANDS, in_exec: true };
            let result = match run(&mut call, &args) {
                // CLIENT REPLY: the array has as many items as there were commands.
                Answer::Reply(Reply::Silent) => Reply::Ok,
                Answer::Reply(reply) => reply,
                Answer::Later(later) => later.await(&mut self.session),
                Answer::Execute(_) => Reply::Error(ReplyError::new("ERR Command not allowed inside a transaction")),
            };
            if self.session.resp != resp {
                // HELLO: what stands before it was answered in the version before.
                for item in items.iter_mut().take(place).skip(encoded) {
                    let mut bytes = BytesMut::new();
                    encode(&mut bytes, item, resp);
                    *item = Reply::Encoded(bytes.freeze());
                }
                encoded = place;
            }
            if let Some(item) = items.get_mut(place) {
                *item = result;
            }
        }
    }
}

/// What an EXEC runs.
pub(super) fn executed(step: &Step) -> Vec<&'static Spec> {
    let (Step::Read(command) | Step::Write(command)) = step else { return Vec::new() };
    command.exec.iter().flat_map(|exec| &exec.commands).map(|command| command.spec).collect()
}

/// The session commands of an EXEC, each with its place.
pub(super) fn session_commands(step: &Step) -> Vec<(usize, Args)> {
    let (Step::Read(command) | Step::Write(command)) = step else { return Vec::new() };
    let Some(exec) = &command.exec else { return Vec::new() };
    exec.commands
        .iter()
        .enumerate()
        .filter(|(_, command)| matches!(command.spec.run, Run::Session(_)))
        .map(|(place, command)| (place, command.args.clone()))
        .collect()
}
