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

mod look;
mod rounds;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use rounds::SMALL_GROUPS;
pub use rounds::drive_reads;

use look::{Pass, is_heavy, run_apart, run_local};

use super::Group;
use super::gather::Gather;
use super::origin::Leader;
use crate::config::ReadLevel;
use crate::error::{LOADING, ReplyError};
use crate::executor::{CommandGroup, Step, Watch};

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

/// What waits for a round, and how many are in one.
struct Queue {
    waiting: Vec<Waiting>,
    /// Commands of all that wait.
    commands: usize,
    /// Rounds under way.
    rounds: usize,
    /// What waits in them.
    under_way: usize,
    gather: Gather,
}

impl Default for Queue {
    fn default() -> Self {
        let gather = Gather::new(5, SMALL_GROUPS);
        Self { waiting: Vec::new(), commands: 0, rounds: 0, under_way: 0, gather }
    }
}

/// See the module's header.
#[derive(Default)]
pub struct Reads {
    queue: Mutex<Queue>,
    wake: Notify,
}

impl Reads {
    /// Takes a group without writes.
    pub fn submit(&self, group: &Arc<Group>, commands: CommandGroup, level: ReadLevel) {
        if level == ReadLevel::Linearizable {
            return self.push(Job::Commands(commands));
        }
        if is_heavy(&commands) {
            return run_apart(group, commands, Pass::First);
        }
        match group.gate.try_read() {
            Some(state) => run_local(group, &state, commands),
            None => {
                let group = group.clone();
                drop(crate::replication::spawn(async move { run_local(&group, &*group.gate.read().await, commands) }));
            }
        }
    }

    fn push(&self, job: Job) {
        let now = Instant::now();
        let waiting = Waiting { job, since: now };
        let mut queue = self.queue.lock();
        queue.commands += waiting.commands();
        queue.waiting.push(waiting);
        let wake = queue.came(now);
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

#[cfg(test)]
mod tests;
