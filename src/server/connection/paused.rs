//! What CLIENT PAUSE holds back.

use std::sync::atomic::Ordering;

use super::Connection;
use crate::command::{Flags, Run, Spec, lookup, script::declares_no_writes};
use crate::protocol::Args;
use crate::store::State;

impl Connection<'_> {
    /// CLIENT PAUSE holds what may write, also what is only queued for EXEC, or everything but CLIENT itself.
    pub(super) fn is_held_by_pause(&mut self, spec: &Spec, args: &Args) -> bool {
        let passes = std::mem::take(&mut self.passes_pause);
        // A client that is dismissed is told at once that it was not carried out.
        let passes_anyway = spec.flags.contains(Flags::PAUSE_EXEMPT) || self.session.client.is_dismissed();
        if passes_anyway || !self.server.pause.holds(true) {
            return false;
        }
        // A script that EVALSHA names is taken for one that writes here; `wait_for_pause` looks it up.
        self.server.pause.holds(false) || (!passes && self.may_write(spec, args, None))
    }

    /// Returns when the pause has ended, or what is held back need not wait for that.
    pub(super) async fn wait_for_pause(&mut self) -> std::io::Result<()> {
        if !self.server.pause.holds(false) && self.is_harmless().await {
            self.passes_pause = true;
            return Ok(());
        }
        self.session.client.held.store(true, Ordering::Relaxed);
        let ended = tokio::select! {
            () = self.server.pause.ended() => Ok(()),
            () = self.session.client.dismissed() => match self.session.client.is_killed() {
                true => Err(std::io::ErrorKind::ConnectionAborted.into()),
                false => Ok(()),
            },
        };
        self.session.client.held.store(false, Ordering::Relaxed);
        ended
    }

    /// True if the command that is held back runs scripts that have all declared to write nothing.
    async fn is_harmless(&self) -> bool {
        let Some(args) = &self.held else { return false };
        let (Some(spec), Some(executor)) = (lookup(args.name()), self.server.router.executor()) else { return false };
        let state = executor.gate.read().await;
        !self.may_write(spec, args, Some(&state))
    }

    /// True if the command, or one that EXEC is to run with it, may change data: one that writes, or a script that has not declared
    /// that it does not.
    fn may_write(&self, spec: &Spec, args: &Args, state: Option<&State>) -> bool {
        let writes = |spec: &Spec, args: &Args| {
            spec.flags.intersects(Flags::WRITE.union(Flags::MAY_REPLICATE))
                || matches!(spec.run, Run::Script(run) if run.writes && !declares_no_writes(run.named, args, state))
        };
        let queued = self.session.multi.as_ref().filter(|_| spec.flags.contains(Flags::EXECUTES));
        writes(spec, args) || queued.is_some_and(|multi| multi.queue.iter().any(|(spec, args)| writes(spec, args)))
    }
}
