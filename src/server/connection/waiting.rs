//! A command that waits in the replicated state, as its connection sees it.
//!
//! Invariant: no wait outlives its connection, nor an answer that leaves open whether it goes on: what goes, or is told that the outcome is
//! unknown, has its waits cancelled by a later batch. (What was taken for it before that is gone, as in Redis.)

use tokio::sync::oneshot;

use super::{Connection, WAITING_INPUT_MAX, is_over, ready};
use crate::error::INDETERMINATE;
use crate::executor::{Answered, Asker, Place};
use crate::server::Stats;

impl Connection<'_> {
    /// Waits for the reply; what arrives meanwhile is kept for later, within a bound. None: there is none.
    pub(super) async fn wait_in_state(
        &mut self,
        mut answered: oneshot::Receiver<Answered>,
        asker: Asker,
    ) -> std::io::Result<Option<Answered>> {
        let (client, mailbox, server) = (self.session.client.clone(), self.mailbox.clone(), self.server.clone());
        // The reply comes after all messages of entries whose replies have been sent without it.
        let complete = || {
            let answered = server.router.executor().map_or(0, |executor| executor.hub.answered());
            Some(Place { index: answered + 1, position: 0 })
        };
        loop {
            let listens = self.input.len() < WAITING_INPUT_MAX;
            let read = tokio::select! {
                biased;
                answered = &mut answered => {
                    let answered = answered.ok();
                    if answered.as_ref().and_then(Answered::error).is_some_and(|error| error.code() == INDETERMINATE.code()) {
                        self.server.router.cancel_wait(asker);
                    }
                    return Ok(answered);
                }
                () = client.killed() => Err(std::io::ErrorKind::ConnectionAborted.into()),
                () = is_over(&client, true) => return Ok(None),
                () = ready(mailbox.as_deref(), complete) => {
                    let before = complete();
                    match answered.try_recv() {
                        // It has come in between: which messages are before it, it says itself.
                        Ok(answered) => return Ok(Some(answered)),
                        Err(_) => {
                            self.put_messages(before);
                            self.flush().await.inspect_err(|_| server.router.cancel_wait(asker))?;
                            continue;
                        }
                    }
                }
                read = self.input.fill(&mut *self.stream, &client), if listens => read,
            };
            match read {
                Ok(count) if count > 0 => Stats::add(&self.server.stats.input_bytes, count as u64),
                gone => {
                    self.server.router.cancel_wait(asker);
                    return Err(gone.err().unwrap_or_else(|| std::io::ErrorKind::UnexpectedEof.into()));
                }
            }
        }
    }
}
