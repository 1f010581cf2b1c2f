//! From groups that wait to batches.
//!
//! Invariant: a group is in the queue, in one batch, or answered; the sums of the queue are those of what is in it. A batch holds groups in
//! the order in which they came, and is never longer than an entry may be.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Inner;
use crate::executor::CommandGroup;
use crate::executor::entry::{BatchWriter, Stamp, seal, unseal};

/// Most commands of a batch.
pub const BATCH_COMMANDS_MAX: usize = 4096;
/// Most bytes of a batch of more than one group.
pub const BATCH_BYTES_MAX: usize = 1 << 20;
/// From so many commands on, and that many of ten groups that are expected, a batch does not wait for others: while one waits for disks and
/// the network, the next is read and the one before applied, which is most of the work where commands come many at a time.
const LARGE_COMMANDS: usize = 128;
const LARGE_PART: usize = 3;
/// Most of them in flight: each has its cost on every node.
const LARGE_WINDOW: usize = 3;
/// Most batches in flight.
pub(super) const WINDOW: usize = 8;
/// A batch in flight for longer than this lets another one go, and so on.
pub(super) const IN_FLIGHT_STEP: Duration = Duration::from_millis(2);

/// A batch's bytes.
#[derive(Debug, Clone)]
pub enum Body {
    /// To be stamped by a leader: head and body without checksum.
    Unsealed(Bytes),
    /// Stamped by this node.
    Sealed(Bytes),
}

pub(super) struct Queued {
    pub(super) group: CommandGroup,
    /// When it came to the queue: the batch's time counts from there.
    pub(super) since: Instant,
    pub(super) commands: usize,
    pub(super) bytes: usize,
}

pub(super) struct Pending {
    pub(super) seq: u64,
    pub(super) body: Stored,
    pub(super) groups: Vec<CommandGroup>,
    pub(super) ticks: Vec<oneshot::Sender<()>>,
    pub(super) since: Instant,
    pub(super) outstanding: u32,
    pub(super) void: bool,
}

pub(super) enum Stored {
    Fresh(BytesMut),
    Shared(Bytes),
    Sealed(Bytes),
}

impl Stored {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Fresh(bytes) => bytes.len(),
            Self::Shared(bytes) | Self::Sealed(bytes) => bytes.len(),
        }
    }
}

impl Queued {
    fn new(group: CommandGroup, since: Instant) -> Self {
        let (commands, bytes) = group.writes();
        Self { group, since, commands, bytes }
    }
}

impl Inner {
    /// Puts a group that has waited since then at the head of the queue again.
    pub(super) fn queue_first(&mut self, group: CommandGroup, since: Instant) {
        let queued = Queued::new(group, since);
        self.queued_commands += queued.commands;
        self.queued_bytes += queued.bytes;
        self.queue.push_front(queued);
    }

    /// Puts a group that comes now at the end of the queue.
    pub(super) fn enqueue(&mut self, group: CommandGroup, now: Instant) {
        let queued = Queued::new(group, now);
        self.queued_commands += queued.commands;
        self.queued_bytes += queued.bytes;
        self.queue.push_back(queued);
    }

    pub(super) fn dequeue(&mut self) -> Option<Queued> {
        let queued = self.queue.pop_front()?;
        self.queued_commands -= queued.commands;
        self.queued_bytes -= queued.bytes;
        Some(queued)
    }

    /// Takes those out whose time is over. It counts from when they came, be it to the reads first: so the first of the queue is not
    /// always the first whose time is over.
    pub(super) fn dequeue_late(&mut self, timeout: Duration, now: Instant) -> Vec<CommandGroup> {
        let is_late = |queued: &Queued| queued.group.arrived + timeout <= now;
        if !self.queue.iter().any(is_late) {
            return Vec::new();
        }
        let (late, rest): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.queue).into_iter().partition(is_late);
        self.queue = rest;
        for queued in &late {
            self.queued_commands -= queued.commands;
            self.queued_bytes -= queued.bytes;
        }
        late.into_iter().map(|queued| queued.group).collect()
    }

    /// True if what waits need not wait for others, nor for the batch before, unless that makes too many.
    pub(super) fn is_large(&self) -> bool {
        self.queued_commands >= LARGE_COMMANDS
            && self.pacing.has_come(LARGE_PART, self.queue.len())
            && self.pending.len() < LARGE_WINDOW
    }

    /// Makes batches while one may go.
    pub(super) fn fill_window(&mut self, boot: u64, now: Instant) {
        while self.pending.len() < WINDOW {
            let full = self.queued_commands >= BATCH_COMMANDS_MAX || self.queued_bytes >= BATCH_BYTES_MAX;
            let waits = !self.queue.is_empty() || !self.tick_wanted.is_empty();
            let ready = match self.pending.back() {
                None => !self.tick_wanted.is_empty() || self.pacing.is_ready(now, self.queue.len()),
                Some(last) => last.since + IN_FLIGHT_STEP <= now,
            };
            if !(waits && (ready || full || self.is_large())) {
                return;
            }
            self.make_batch(boot, now);
        }
    }

    pub(super) fn make_batch(&mut self, boot: u64, now: Instant) {
        self.pacing.taken(now, self.queue.len());
        let mut writer = BatchWriter::new(boot, self.next_seq, self.queued_bytes.min(BATCH_BYTES_MAX) + 64);
        let (mut commands, mut bytes) = (0, 0);
        let mut groups = Vec::new();
        let mut since = now;
        while let Some(front) = self.queue.front() {
            let fits = commands + front.commands <= BATCH_COMMANDS_MAX && bytes + front.bytes <= BATCH_BYTES_MAX;
            if !fits && !groups.is_empty() {
                break;
            }
            let Some(queued) = self.dequeue() else { break };
            commands += queued.commands;
            bytes += queued.bytes;
            since = since.min(queued.since);
            writer.add_group(&queued.group);
            groups.push(queued.group);
        }
        if self.pending.is_empty() {
            self.progress = now;
        }
        self.pending.push_back(Pending {
            seq: self.next_seq,
            body: Stored::Fresh(writer.finish()),
            groups,
            ticks: std::mem::take(&mut self.tick_wanted),
            since,
            outstanding: 0,
            void: false,
        });
        self.next_seq += 1;
    }
}

impl Stored {
    /// Stamped, in place where that is possible.
    pub(super) fn seal(&mut self, stamp: Stamp) -> Body {
        let unsealed = match std::mem::replace(self, Self::Fresh(BytesMut::new())) {
            Self::Fresh(bytes) => bytes,
            Self::Shared(bytes) => bytes.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&*shared)),
            Self::Sealed(bytes) => unseal(&bytes),
        };
        let sealed = seal(unsealed, stamp);
        *self = Self::Sealed(sealed.clone());
        Body::Sealed(sealed)
    }

    pub(super) fn share(&mut self) -> Body {
        let bytes = match std::mem::replace(self, Self::Fresh(BytesMut::new())) {
            Self::Fresh(bytes) => bytes.freeze(),
            Self::Shared(bytes) => bytes,
            Self::Sealed(bytes) => unseal(&bytes).freeze(),
        };
        *self = Self::Shared(bytes.clone());
        Body::Unsealed(bytes)
    }
}
