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

mod asking;
mod rounds;

use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use rounds::SMALL_GROUPS;
pub use rounds::drive_reads;

use super::Group;
use crate::error::{LOADING, ReplyError};
use crate::executor::{CommandGroup, Read, Watch, Work};
use crate::replication::origin::Leader;
use crate::replication::pacing::Pacing;

/// What waits for a round, and how many are in one.
struct Queue {
    waiting: Vec<Read>,
    /// Commands of all that wait.
    commands: usize,
    /// Rounds under way.
    rounds: usize,
    /// What waits in them.
    under_way: usize,
    pacing: Pacing,
}

impl Default for Queue {
    fn default() -> Self {
        let pacing = Pacing::new(5, SMALL_GROUPS);
        Self { waiting: Vec::new(), commands: 0, rounds: 0, under_way: 0, pacing }
    }
}

/// See the module's header.
#[derive(Default)]
pub(in crate::replication) struct Reads {
    queue: Mutex<Queue>,
    wake: Notify,
}

impl Reads {
    /// Takes a group without writes, to be answered within `timeout` of when it came.
    pub(in crate::replication) fn submit(&self, group: CommandGroup, timeout: Duration) {
        let deadline = group.arrived + timeout;
        self.push(Read { work: Work::Commands(group), deadline });
    }

    fn push(&self, read: Read) {
        let now = Instant::now();
        let mut queue = self.queue.lock();
        queue.commands += read.commands();
        queue.waiting.push(read);
        let wake = queue.came(now);
        drop(queue);
        if wake {
            self.wake.notify_one();
        }
    }

    /// Answers those whose time is over and that still wait for a round.
    pub(in crate::replication) fn expire(&self) {
        let now = Instant::now();
        let late: Vec<Read> = {
            let mut queue = self.queue.lock();
            let (late, rest) = std::mem::take(&mut queue.waiting).into_iter().partition(|read| read.deadline <= now);
            queue.waiting = rest;
            queue.commands = queue.waiting.iter().map(Read::commands).sum();
            late
        };
        late.into_iter().for_each(Read::fail);
    }
}

impl Group {
    /// What WATCH remembers of `keys`, linearizably.
    ///
    /// # Errors
    /// LOADING if there is no leader within the deadline.
    pub async fn watch(&self, keys: Vec<Watch>) -> Result<Vec<Watch>, ReplyError> {
        let (done, marks) = oneshot::channel();
        self.reads.push(Read { work: Work::Watch(keys, done), deadline: Instant::now() + self.timeout() });
        marks.await.unwrap_or(Err(LOADING))
    }

    /// An index that covers all that any client has had an answer for.
    ///
    /// # Errors
    /// LOADING if there is no leader within the deadline.
    pub async fn linearize(&self) -> Result<u64, ReplyError> {
        let (done, index) = oneshot::channel();
        self.reads.push(Read { work: Work::Index(done), deadline: Instant::now() + self.timeout() });
        index.await.unwrap_or(Err(LOADING))
    }

    /// One round of ReadIndex as this node would do it now; None: no leader, or not confirmed.
    async fn read_index(&self) -> Option<u64> {
        let leader = self.leader()?;
        if crate::planted::is("a follower reads what it has") {
            return Some(self.applied().index);
        }
        if leader.node == self.node {
            self.confirmed_index(leader, None).await
        } else {
            asking::ask_read_index(self, leader).await
        }
    }

    /// The leader's part. `asker`: a voter that had this leader as its vote when it asked; it counts.
    pub(in crate::replication) async fn confirmed_index(&self, leader: Leader, asker: Option<u64>) -> Option<u64> {
        if self.leader() != Some(leader) || leader.node != self.node {
            return None;
        }
        let applied = self.applied();
        if applied.leader != Some(leader) && !crate::planted::is("a new leader reads before its first entry") {
            // The first entry of the term says what earlier terms committed.
            return None;
        }
        let index = applied.index.max(self.progress.told_commit());
        let configs = self.voter_sets();
        let mut confirmed = vec![self.node];
        confirmed.extend(asker);
        let quorum = |confirmed: &[u64]| {
            configs.iter().all(|set| set.iter().filter(|id| confirmed.contains(id)).count() > set.len() / 2)
        };
        if !quorum(&confirmed) && !crate::planted::is("a leader reads without asking a quorum") {
            asking::confirm(self, leader, &configs, &mut confirmed, &quorum).await;
        }
        // The own vote is looked at last: it has not moved while the others were asked.
        let is_asked = quorum(&confirmed) || crate::planted::is("a leader reads without asking a quorum");
        (is_asked && self.votes_for(leader)).then_some(index)
    }

    /// True if this node's stored vote is this leader's.
    pub(in crate::replication) fn votes_for(&self, leader: Leader) -> bool {
        self.log.vote().is_some_and(|vote| vote.leader_id.term == leader.term && vote.leader_id.node_id == leader.node)
    }
}

#[cfg(test)]
mod tests;
