//! The origin: turns what connections want written into batches, hands them to the leader, and answers when it applies
//! them itself (design 2).
//!
//! Invariants
//! - Exactly once: a batch has one seq for ever. Whatever is sent again under that seq is the same commands, or none (a void
//!   batch, once its clients were told that the outcome is unknown), or those that the leader takes of them, once no other copy may
//!   reach the log. The log accepts each seq once ([`crate::store::Origins`]).
//! - Groups are applied in the order in which they came, so those of one connection are whether or not it waits for an answer before it
//!   hands over the next: a batch holds them in that order, seqs are given in it, the log accepts seqs without gaps, and a group never
//!   goes behind one that came later (a refused batch keeps its seq; all batches of an ended boot go to the head of the queue together).
//! - A seq is given when a batch is first handed over; commands that only wait have none, and can be refused as certainly not
//!   applied.
//! - `outstanding` counts the hand-overs of a batch that may still reach the log. It is raised before a byte may leave, and
//!   lowered only by a report that this very hand-over was rejected. A client is told "not executed" only while it is 0.
//! - Only what is applied here resolves a batch; rejections and broken connections only start a new stream.
//! - A stream that has brought nothing for a while is not only begun again but goes over a new connection: the present one may
//!   be dead without having been told. Without a leader nothing is due, and the driving task sleeps until there is one.

mod batch;
mod reports;
mod stream;

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use openraft::vote::RaftLeaderId;

use super::pacing::Pacing;
use super::types::CommittedLeaderId;
use crate::error::{INDETERMINATE, LOADING, ReplyError};
use crate::executor::CommandGroup;
use crate::executor::entry::{BatchWriter, Stamp};
use crate::sys::sync::Mutex;

pub use batch::{BATCH_BYTES_MAX, BATCH_COMMANDS_MAX, Body};
use batch::{Pending, Queued, Stored};
use stream::{STALL_MIN, Stream};

/// (term, node) of a leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leader {
    /// Its term.
    pub term: u64,
    /// Its node.
    pub node: u64,
}

impl Leader {
    /// As openraft's.
    pub fn id(self) -> CommittedLeaderId {
        CommittedLeaderId::new(self.term, self.node)
    }
}

/// One hand-over of a batch to the leader.
#[derive(Debug)]
pub struct HandOver {
    /// To whom.
    pub leader: Leader,
    /// The stream that it belongs to.
    pub stream: u64,
    /// The batch's seq; 0 = a Boot.
    pub seq: u64,
    /// The entry.
    pub body: Body,
    /// The stream before brought nothing: a new connection is to be used.
    pub fresh: bool,
}

struct Inner {
    nonce: u64,
    boot: Option<u64>,
    boot_sent: Option<(Leader, Instant)>,
    /// The Boot that was sent last has had no answer of any kind.
    boot_unanswered: bool,
    /// The first stream of the present boot: what is said of earlier ones is about other batches of the same seq.
    first_stream: u64,
    next_seq: u64,
    queue: VecDeque<Queued>,
    queued_commands: usize,
    queued_bytes: usize,
    tick_wanted: Vec<oneshot::Sender<()>>,
    pending: VecDeque<Pending>,
    stream: Stream,
    pacing: Pacing,
    progress: Instant,
    stall: Duration,
    stopping: bool,
}

/// See the module's header.
pub struct Origin {
    inner: Mutex<Inner>,
    /// Wakes the task that drives the origin.
    pub wake: Notify,
    random: std::sync::Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// What the driving task does next.
pub enum Next {
    /// Hand these over, in order.
    HandOver(Vec<HandOver>),
    /// Submit `Boot{nonce}` to this leader; over a new connection if so.
    Boot(Leader, u64, bool),
    /// Wait for a wake-up, until this moment at most.
    Wait(Option<Instant>),
}

impl Origin {
    /// An origin without a boot.
    pub fn new(random: std::sync::Arc<dyn Fn() -> u64 + Send + Sync>) -> Self {
        let inner = Inner {
            nonce: if crate::planted::is("a process goes by the number of the one before") { 1 } else { random() },
            boot: None,
            boot_sent: None,
            boot_unanswered: false,
            first_stream: 0,
            next_seq: 1,
            queue: VecDeque::new(),
            queued_commands: 0,
            queued_bytes: 0,
            tick_wanted: Vec::new(),
            pending: VecDeque::new(),
            stream: Stream::default(),
            pacing: Pacing::new(9, 2),
            progress: Instant::now(),
            stall: STALL_MIN,
            stopping: false,
        };
        Self { inner: Mutex::new(inner), wake: Notify::new(), random }
    }

    /// Takes a group that holds a write.
    pub fn submit(&self, group: CommandGroup) {
        let mut inner = self.inner.lock();
        if inner.stopping {
            drop(inner);
            return group.fail(&LOADING);
        }
        let now = Instant::now();
        inner.enqueue(group, now);
        let waiting = inner.queue.len();
        let wake = inner.pacing.came(now, waiting) || inner.is_large();
        drop(inner);
        if wake {
            self.wake.notify_one();
        }
    }

    /// Resolves when a batch of this origin, maybe an empty one, has been applied: its stamp has moved cluster time.
    pub fn tick(&self) -> oneshot::Receiver<()> {
        let (done, applied) = oneshot::channel();
        self.inner.lock().tick_wanted.push(done);
        self.wake.notify_one();
        applied
    }

    /// What to do now, given the leader that this node knows.
    pub fn next(&self, leader: Option<Leader>, own_node: u64, stamp: impl Fn() -> Stamp) -> Next {
        let now = Instant::now();
        let mut inner = self.inner.lock();
        let Some(leader) = leader else { return Next::Wait(None) };
        let Some(boot) = inner.boot else { return inner.boot_step(leader, now) };
        inner.choose_stream(leader, now);
        if let Some(at) = inner.stream.not_before.filter(|at| *at > now) {
            return Next::Wait(Some(at));
        }
        inner.fill_window(boot, now);
        let hand_overs = inner.hand_over(leader, own_node, &stamp);
        if hand_overs.is_empty() {
            let wait = inner.next_deadline(now);
            return Next::Wait(wait);
        }
        Next::HandOver(hand_overs)
    }

    /// Answers what has waited for longer than `timeout`, as the outcome is known or not.
    pub fn expire(&self, timeout: Duration) {
        let now = Instant::now();
        let mut failed: Vec<(CommandGroup, ReplyError)> = Vec::new();
        let mut inner = self.inner.lock();
        failed.extend(inner.dequeue_late(timeout, now).into_iter().map(|group| (group, LOADING)));
        let Some(boot) = inner.boot else {
            drop(inner);
            return answer(failed);
        };
        for pending in &mut inner.pending {
            if pending.void || pending.since + timeout > now {
                continue;
            }
            let is_known = pending.outstanding == 0 || crate::planted::is("what may be executed is told not to be");
            let error = if is_known { LOADING } else { INDETERMINATE };
            failed.extend(pending.groups.drain(..).map(|group| (group, error.clone())));
            pending.body = Stored::Fresh(BatchWriter::new(boot, pending.seq, 0).finish());
            pending.void = true;
        }
        drop(inner);
        answer(failed);
    }

    /// The boot's id, once the log has it.
    pub fn boot(&self) -> Option<u64> {
        self.inner.lock().boot
    }

    /// A Boot entry was applied: true if it is this origin's.
    pub fn booted(&self, nonce: u64, boot: u64) -> bool {
        let mut inner = self.inner.lock();
        if nonce != inner.nonce || inner.boot.is_some() {
            return false;
        }
        inner.boot = Some(boot);
        inner.next_seq = 1;
        inner.restart_stream(None);
        inner.first_stream = inner.stream.id;
        drop(inner);
        self.wake.notify_one();
        true
    }

    /// Shows the groups of a batch that [`Self::take`] would give.
    pub fn show(&self, boot: u64, seq: u64, look: &mut dyn FnMut(&[CommandGroup])) {
        let inner = self.inner.lock();
        if let Some(next) = inner.pending.front().filter(|pending| inner.boot == Some(boot) && pending.seq == seq) {
            look(&next.groups);
        }
    }

    /// The groups of a batch that is being applied, if it is of this origin and was submitted by this process.
    pub fn take(&self, boot: u64, seq: u64) -> Option<Vec<CommandGroup>> {
        let mut inner = self.inner.lock();
        if inner.boot != Some(boot) || inner.pending.front().map(|pending| pending.seq) != Some(seq) {
            return None;
        }
        let pending = inner.pending.pop_front()?;
        inner.progress = Instant::now();
        inner.stall = STALL_MIN;
        inner.stream.backoff = Duration::ZERO;
        let others = inner.queue.len() + inner.pending.iter().map(|pending| pending.groups.len()).sum::<usize>();
        inner.pacing.answered(pending.groups.len(), others);
        for tick in pending.ticks {
            // Whoever waited may have given up.
            let _ = tick.send(());
        }
        if !pending.groups.is_empty() || !inner.queue.is_empty() || !inner.tick_wanted.is_empty() {
            drop(inner);
            self.wake.notify_one();
        }
        Some(pending.groups)
    }

    /// No new commands from now on: the node stops.
    pub fn stop(&self) {
        self.inner.lock().stopping = true;
        self.wake.notify_one();
    }

    /// True if nothing waits and nothing is in flight.
    pub fn is_idle(&self) -> bool {
        let inner = self.inner.lock();
        inner.queue.is_empty() && inner.pending.is_empty()
    }
}

fn answer(failed: Vec<(CommandGroup, ReplyError)>) {
    for (group, error) in failed {
        group.fail(&error);
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
#[cfg(feature = "schedules")]
mod schedules;
