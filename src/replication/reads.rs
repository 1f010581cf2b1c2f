//! Reads (design 6): one ReadIndex for all that wait, then the state.
//!
//! Invariants
//! - A read joins the next round, never one that was already sent ([`rounds`]). The round's index is at least every index that any
//!   client had an answer for when the round began; the state is looked at once that index is applied here.
//! - A leader's index counts only if the first entry of its own term is applied and a quorum, itself included, still has it as
//!   its vote *after* the round began. (Ongaro, "Consensus: Bridging Theory and Practice", 6.4; here the quorum is asked for
//!   its stored vote. A later leader needs a vote of one of them, so it cannot have committed anything before.)
//! - A read that has no answer within `write-timeout-ms` is told LOADING, wherever it waits: for an index, or until that index is
//!   applied here.
//! - A read that met a key which is due by the clock but not by the log is run again after a tick.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::origin::Leader;
use super::{Answered, CommandGroup, Group, Level, Step, Watch};
use crate::command::{call_read, check};
use crate::error::{LOADING, ReplyError};
use crate::protocol::Reply;
use crate::store::{Horizon, Rng, State, View, WARM_KEYS};

/// Something that looks at the state.
enum Job {
    Commands(CommandGroup),
    Watch(Vec<Watch>, oneshot::Sender<Result<Vec<Watch>, ReplyError>>),
    Index(oneshot::Sender<Result<u64, ReplyError>>),
}

struct Waiting {
    job: Job,
    since: Instant,
}

/// What waits for a round.
#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Commands of all that wait.
    commands: usize,
    /// Rounds under way.
    rounds: usize,
}

/// See the module's header.
#[derive(Default)]
pub struct Reads {
    queue: Mutex<Queue>,
    wake: Notify,
}

impl Reads {
    /// Takes a group without writes.
    pub fn submit(&self, group: &Arc<Group>, commands: CommandGroup, level: Level) {
        if level == Level::Linearizable {
            return self.push(Job::Commands(commands));
        }
        if is_heavy(&commands) {
            drop(crate::task::spawn(run_heavy(group.clone(), commands)));
        } else if let Some(state) = group.gate.try_read() {
            run_local(&state, commands, group);
        } else {
            let group = group.clone();
            drop(crate::task::spawn(async move {
                let state = group.gate.read().await;
                run_local(&state, commands, &group);
            }));
        }
    }

    fn push(&self, job: Job) {
        let waiting = Waiting { job, since: Instant::now() };
        let mut queue = self.queue.lock();
        queue.commands += waiting.commands();
        queue.waiting.push(waiting);
        let wake = queue.may_begin();
        drop(queue);
        if wake {
            self.wake.notify_one();
        }
    }

    /// Answers what waited longer than `timeout` for a round.
    pub fn expire(&self, timeout: Duration) {
        let now = Instant::now();
        let late: Vec<Waiting> = {
            let mut queue = self.queue.lock();
            let (late, rest) = std::mem::take(&mut queue.waiting).into_iter().partition(|w| w.since + timeout <= now);
            queue.waiting = rest;
            queue.commands = queue.waiting.iter().map(Waiting::commands).sum();
            late
        };
        late.into_iter().for_each(|waiting| waiting.job.fail());
    }
}

impl Waiting {
    fn commands(&self) -> usize {
        if let Job::Commands(commands) = &self.job { commands.steps.len() } else { 1 }
    }

    /// The first key of each of its commands.
    fn first_keys(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let steps = if let Job::Commands(commands) = &self.job { commands.steps.as_slice() } else { &[] };
        steps.iter().filter_map(|step| match step {
            Step::Read(command) => Some((command.db.into(), command.spec.first_key(&command.args)?)),
            _ => None,
        })
    }
}

impl Job {
    fn fail(self) {
        match self {
            Self::Commands(commands) => commands.fail(&LOADING),
            // Receivers that are gone are connections that are gone.
            Self::Watch(_, done) => drop(done.send(Err(LOADING))),
            Self::Index(done) => drop(done.send(Err(LOADING))),
        }
    }
}

impl Group {
    /// What WATCH remembers of `keys`, linearizably.
    ///
    /// # Errors
    /// LOADING if there is no leader within the deadline.
    pub async fn watch(&self, keys: Vec<Watch>) -> Result<Vec<Watch>, ReplyError> {
        let (done, marks) = oneshot::channel();
        self.reads.push(Job::Watch(keys, done));
        marks.await.unwrap_or(Err(LOADING))
    }

    /// An index that covers all that any client has had an answer for.
    ///
    /// # Errors
    /// LOADING if there is no leader within the deadline.
    pub async fn linearize(&self) -> Result<u64, ReplyError> {
        let (done, index) = oneshot::channel();
        self.reads.push(Job::Index(done));
        index.await.unwrap_or(Err(LOADING))
    }

    /// One round of ReadIndex as this node would do it now; None: no leader, or not confirmed.
    async fn read_index(&self) -> Option<u64> {
        let leader = self.leader()?;
        if leader.node == self.node {
            self.confirmed_index(leader, None).await
        } else {
            super::peer::ask_read_index(self, leader).await
        }
    }

    /// The leader's part. `asker`: a voter that had this leader as its vote when it asked; it counts.
    pub(super) async fn confirmed_index(&self, leader: Leader, asker: Option<u64>) -> Option<u64> {
        if self.leader() != Some(leader) || leader.node != self.node {
            return None;
        }
        let applied = self.applied();
        if applied.leader != Some(leader) {
            // The first entry of the term says what earlier terms committed.
            return None;
        }
        let index = applied.index.max(self.told_commit.load(std::sync::atomic::Ordering::Acquire));
        let configs = self.voter_sets();
        let mut confirmed = vec![self.node];
        confirmed.extend(asker);
        let quorum = |confirmed: &[u64]| {
            configs.iter().all(|set| set.iter().filter(|id| confirmed.contains(id)).count() > set.len() / 2)
        };
        if !quorum(&confirmed) {
            super::peer::confirm(self, leader, &configs, &mut confirmed, &quorum).await;
        }
        // The own vote is looked at last: it has not moved while the others were asked.
        (quorum(&confirmed) && self.votes_for(leader)).then_some(index)
    }

    /// True if this node's stored vote is this leader's.
    pub(super) fn votes_for(&self, leader: Leader) -> bool {
        self.log.vote().is_some_and(|vote| vote.leader_id.term == leader.term && vote.leader_id.node_id == leader.node)
    }
}

/// Which time a read goes by.
#[derive(Clone, Copy, PartialEq)]
enum Pass {
    /// Keys due by the estimate are hidden, and noted.
    First,
    /// After a tick: only the log hides.
    AfterTick,
}

async fn finish(group: &Arc<Group>, ready: Vec<Waiting>, index: u64) {
    let mut again = Vec::new();
    let mut heavy = Vec::new();
    {
        let state = group.gate.read().await;
        let mut ready = VecDeque::from(ready);
        let mut warm = 0;
        while let Some(commands) = ready.front().map(Waiting::commands) {
            if warm < commands && (commands > 1 || ready.len() > 1) {
                state.warm(ready.iter().flat_map(Waiting::first_keys));
                warm = WARM_KEYS;
            }
            warm = warm.saturating_sub(commands);
            match ready.pop_front().map(|waiting| waiting.job) {
                Some(Job::Commands(commands)) if is_heavy(&commands) => heavy.push(commands),
                Some(job) => again.extend(look(group, &state, job, index, Pass::First)),
                None => {}
            }
        }
    }
    for commands in heavy {
        drop(crate::task::spawn(run_heavy(group.clone(), commands)));
    }
    if again.is_empty() {
        return;
    }
    let group = group.clone();
    drop(crate::task::spawn(async move {
        if tokio::time::timeout(group.timeout(), group.origin.tick()).await.is_err() {
            again.into_iter().for_each(Job::fail);
            return;
        }
        let state = group.gate.read().await;
        for job in again {
            look(&group, &state, job, index, Pass::AfterTick);
        }
    }));
}

/// Runs a job; gives it back if it has to run again after a tick.
fn look(group: &Group, state: &State, job: Job, index: u64, pass: Pass) -> Option<Job> {
    match job {
        Job::Commands(commands) => {
            let (replies, met_due) = run(state, &commands, group, pass);
            if met_due && commands.level == Level::Linearizable {
                return Some(Job::Commands(commands));
            }
            answer(commands, replies);
        }
        Job::Watch(mut keys, done) => {
            let horizon = horizon(state, group);
            let mut met_due = false;
            for key in &mut keys {
                let view = view(state, key.db.into(), horizon, group, pass).without_touch();
                (key.revision, key.deadline_ms) = view.watch_mark(&key.key);
                met_due |= view.met_due();
            }
            if met_due {
                return Some(Job::Watch(keys, done));
            }
            drop(done.send(Ok(keys)));
        }
        Job::Index(done) => drop(done.send(Ok(index))),
    }
    None
}

fn horizon(state: &State, group: &Group) -> Horizon {
    let applied_ms = state.now_ms();
    Horizon { applied_ms, estimate_ms: group.clock.estimate_ms().max(applied_ms) }
}

fn view<'a>(state: &'a State, db: usize, horizon: Horizon, group: &Group, pass: Pass) -> View<'a> {
    let view = View::new(state, db, horizon, Rng::new(group.env.random()));
    if pass == Pass::AfterTick { view.hide_by_log_alone() } else { view }
}

/// Runs all reads of a group; true if one of them met a due key.
fn run(state: &State, commands: &CommandGroup, group: &Group, pass: Pass) -> (Vec<Reply>, bool) {
    let horizon = horizon(state, group);
    let mut met_due = false;
    let mut replies = Vec::with_capacity(commands.steps.len());
    for step in &commands.steps {
        let command = match step {
            Step::Done(reply) => {
                replies.push(reply.clone());
                continue;
            }
            Step::Read(command) | Step::Write(command) => command,
        };
        let look = |db: u8, spec: &'static crate::command::Spec, args: &crate::protocol::Args, met: &mut bool| {
            let mut view = view(state, db.into(), horizon, group, pass);
            if commands.no_touch {
                view = view.without_touch();
            }
            let reply = Reply::from(call_read(spec, &view, args));
            *met |= view.met_due();
            group.key_stats.looked_up(view.looked_up());
            reply
        };
        replies.push(match &command.exec {
            None => look(command.db, command.spec, &command.args, &mut met_due),
            Some(exec) if !super::apply::unchanged(state, &exec.watches) => Reply::NilArray,
            Some(exec) => Reply::Array(
                exec.commands
                    .iter()
                    .map(|inner| match check(crate::command::Caller::Client, &inner.args) {
                        Ok(spec) if matches!(spec.run, crate::command::Run::Read(_) | crate::command::Run::Pure(_)) => {
                            look(inner.db, spec, &inner.args, &mut met_due)
                        }
                        Ok(_) => Reply::Silent,
                        Err(error) => error.into(),
                    })
                    .collect(),
            ),
        });
    }
    (replies, met_due)
}

fn is_heavy(commands: &CommandGroup) -> bool {
    commands.steps.iter().any(|step| matches!(step, Step::Read(command) if command.is_heavy()))
}

/// Runs a group on an image of the state, on a thread of its own.
async fn run_heavy(group: Arc<Group>, commands: CommandGroup) {
    let image = group.gate.read().await.image();
    let env = group.env.clone();
    let look = group.clone();
    let (commands, replies, met_due) = env
        .heavy(move || {
            let (replies, met_due) = run(&image, &commands, &look, Pass::First);
            (commands, replies, met_due)
        })
        .await;
    if !met_due || commands.level != Level::Linearizable {
        return answer(commands, replies);
    }
    if tokio::time::timeout(group.timeout(), group.origin.tick()).await.is_err() {
        return commands.fail(&LOADING);
    }
    let image = group.gate.read().await.image();
    let look = group.clone();
    let (commands, replies) = env
        .heavy(move || {
            let (replies, _) = run(&image, &commands, &look, Pass::AfterTick);
            (commands, replies)
        })
        .await;
    answer(commands, replies);
}

fn run_local(state: &State, commands: CommandGroup, group: &Group) {
    let (replies, _) = run(state, &commands, group, Pass::First);
    answer(commands, replies);
}

fn answer(commands: CommandGroup, replies: Vec<Reply>) {
    // A receiver that is gone is a connection that is gone.
    let _ = commands.done.send(Answered { replies, index: 0, timed_out: false });
}

mod rounds;
pub use rounds::drive_reads;

#[cfg(test)]
mod tests;
