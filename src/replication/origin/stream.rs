//! Which batches go to which leader: the stream of hand-overs, and the Boot before it.
//!
//! Invariant: a stream hands batches over in the order of their seq, each once, from the first unresolved one on.

use std::time::Duration;

use tokio::time::Instant;

use super::batch::{IN_FLIGHT_STEP, WINDOW};
use super::{HandOver, Inner, Leader, Next};
use crate::executor::entry::Stamp;

pub(super) const STALL_MIN: Duration = Duration::from_millis(500);
const STALL_MAX: Duration = Duration::from_secs(2);
/// What a link and a disk manage at least.
const BYTES_PER_MS: usize = 16 << 10;
const BACKOFF_MIN: Duration = Duration::from_millis(1);
pub(super) const BACKOFF_MAX: Duration = Duration::from_millis(50);

#[derive(Default)]
pub(super) struct Stream {
    pub(super) leader: Option<Leader>,
    pub(super) id: u64,
    pub(super) next_seq: u64,
    pub(super) not_before: Option<Instant>,
    pub(super) backoff: Duration,
    /// It takes the place of one that brought nothing.
    pub(super) fresh: bool,
}

impl Inner {
    pub(super) fn boot_step(&mut self, leader: Leader, now: Instant) -> Next {
        if let Some((to, at)) = self.boot_sent
            && to == leader
            && now < at + STALL_MIN
        {
            return Next::Wait(Some(at + STALL_MIN));
        }
        let fresh = self.boot_unanswered && self.boot_sent.is_some_and(|(to, _)| to == leader);
        self.boot_sent = Some((leader, now));
        self.boot_unanswered = true;
        Next::Boot(leader, self.nonce, fresh)
    }

    /// The Boot that was sent last did not get there: the next one goes after `backoff`, never at once, because the reason may be that
    /// nobody listens there.
    pub(super) fn boot_again_after(&mut self, backoff: Duration) {
        self.boot_unanswered = false;
        if let Some((leader, _)) = self.boot_sent {
            self.boot_sent = Some((leader, Instant::now() + backoff - STALL_MIN));
        }
    }

    pub(super) fn new_boot(&mut self, nonce: u64) {
        self.boot = None;
        self.boot_sent = None;
        self.boot_unanswered = false;
        self.nonce = nonce;
        self.next_seq = 1;
        self.restart_stream(None);
    }

    pub(super) fn choose_stream(&mut self, leader: Leader, now: Instant) {
        if self.stream.leader != Some(leader) {
            self.stream.leader = Some(leader);
            self.stream.backoff = Duration::ZERO;
            self.restart_stream(None);
        } else if !self.pending.is_empty() && now >= self.progress + self.patience() {
            self.stall = (self.stall * 2).min(STALL_MAX);
            self.restart_stream(None);
            self.stream.fresh = true;
        }
    }

    /// How long nothing may come back: large batches take their time, on the way, to the disk and on the way to others.
    fn patience(&self) -> Duration {
        let bytes: usize = self.pending.iter().map(|pending| pending.body.len()).sum();
        self.stall + Duration::from_millis((bytes / BYTES_PER_MS) as u64)
    }

    pub(super) fn restart_stream(&mut self, backoff: Option<Duration>) {
        self.stream.id += 1;
        self.stream.fresh = false;
        self.stream.next_seq = self.pending.front().map_or(self.next_seq, |pending| pending.seq);
        self.stream.not_before = backoff.map(|backoff| Instant::now() + backoff);
        self.progress = Instant::now();
    }

    pub(super) fn next_backoff(&mut self) -> Duration {
        self.stream.backoff = (self.stream.backoff * 2).clamp(BACKOFF_MIN, BACKOFF_MAX);
        self.stream.backoff
    }

    /// The hand-overs that the stream has not made yet.
    pub(super) fn hand_over(&mut self, leader: Leader, own_node: u64, stamp: &impl Fn() -> Stamp) -> Vec<HandOver> {
        let (stream, from) = (self.stream.id, self.stream.next_seq);
        let mut hand_overs = Vec::new();
        for pending in self.pending.iter_mut().filter(|pending| pending.seq >= from) {
            pending.outstanding += 1;
            let body = if leader.node == own_node { pending.body.seal(stamp()) } else { pending.body.share() };
            let fresh = std::mem::take(&mut self.stream.fresh);
            hand_overs.push(HandOver { leader, stream, seq: pending.seq, body, fresh });
            self.stream.next_seq = pending.seq + 1;
        }
        hand_overs
    }

    /// When to look again, after a look at `now`.
    pub(super) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let stall = (!self.pending.is_empty()).then(|| self.progress + self.patience());
        let gather = self.pacing.until_after(now);
        let step = match self.pending.back() {
            Some(last) if !(self.queue.is_empty() && self.tick_wanted.is_empty()) && self.pending.len() < WINDOW => {
                Some(last.since + IN_FLIGHT_STEP)
            }
            _ => None,
        };
        [stall, gather, step].into_iter().flatten().min()
    }
}
