//! Keeping the memory in use below `maxmemory` (design 3): the leader picks keys, and they go through the log.
//!
//! What is assumed: every node has the same `maxmemory`. The nodes hold the same keys, so what they use differs by buffers and what clients do there; the
//! leader judges by its own memory, for all. One with less room than the leader is over its bound by the difference, and is not helped.
//!
//! Invariants
//! - Victims are proposed for what is used above `maxmemory`, less what is on its way: victims that the log has not brought back yet, values that
//!   are being freed, and what is kept for images of the state alone (`store/images.rs`), which no eviction frees. So no more keys go than have to.
//! - While a policy evicts, no node judges by its own memory what clients may do. A write is refused (OOM) while the leader says by the log that there is no
//!   key left that may go, and no longer than [`BELIEVED_MS`] after it said so last: it repeats it every [`SAY_EVERY_MS`]. So an origin that is a follower
//!   knows as much as the leader, at every index; and a leader that is gone refuses nothing.
//! - How far the memory in use may exceed `maxmemory`: while it does by more than [`slack`], the leader takes no batch (`replication/eviction.rs`), and
//!   proposes victims meanwhile. So it is the slack, and what was proposed and not applied by then: the batches of a window of each node.
//!   Victims go by 512 in an entry, with up to [`OUT_MAX`] such entries under way.
//! - Under `noeviction` nothing of this runs: each node refuses by its own memory, as it always did.

mod picker;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

pub use self::picker::{Picked, Picker, VICTIMS_MAX};
use super::Frees;
use super::entry::Content;
use crate::store::{Policy, State};

/// How long the leader's word counts, ms of cluster time.
const BELIEVED_MS: u64 = 2000;
/// How often it repeats it.
const SAY_EVERY_MS: u64 = 500;
/// Most entries with victims that are proposed and not applied.
const OUT_MAX: usize = 4;
/// One that is not applied by then was lost.
const OUT_FOR_MS: u64 = 3000;

/// What is known of memory and eviction at this node.
pub struct Eviction {
    /// Bytes in use.
    used: fn() -> u64,
    /// `maxmemory`; 0 = no bound.
    maxmemory: AtomicU64,
    /// Number of the policy, as last applied.
    policy: AtomicU64,
    /// What was taken out and is being freed in the background.
    pub frees: Arc<Frees>,
    /// Bytes that are kept for images, as last looked at.
    kept: AtomicU64,
    /// Cluster time at which the leader said last that no key is left; 0: it said otherwise since.
    none_left_ms: AtomicU64,
    leading: Mutex<Leading>,
    exceeded: Mutex<Exceeded>,
    /// Something has changed that the leader may have to act on.
    pub changed: Notify,
}

/// What a leader knows.
#[derive(Default)]
struct Leading {
    picker: Picker,
    /// What was proposed and is not applied.
    out: VecDeque<Out>,
    number: u64,
    said_none_left_ms: Option<u64>,
}

/// An entry with victims.
struct Out {
    number: u64,
    bytes: u64,
    since_ms: u64,
    victims: Vec<(u8, u64)>,
}

/// How long the memory in use was above the bound.
#[derive(Default)]
struct Exceeded {
    since: Option<Instant>,
    total_ms: u64,
}

/// How far the memory in use may exceed a bound before the leader waits with batches: a part of it, and within bounds of its own.
pub fn slack(maxmemory: u64) -> u64 {
    (maxmemory / 32).clamp(1 << 20, 64 << 20)
}

impl Eviction {
    /// By this measure of the bytes in use.
    pub fn by(used: fn() -> u64) -> Self {
        Self {
            used,
            maxmemory: AtomicU64::new(0),
            policy: AtomicU64::new(Policy::NoEviction as u64),
            frees: Arc::default(),
            kept: AtomicU64::new(0),
            none_left_ms: AtomicU64::new(0),
            leading: Mutex::default(),
            exceeded: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Sets `maxmemory`.
    pub fn set_maxmemory(&self, bytes: u64) {
        if self.maxmemory.swap(bytes, Relaxed) != bytes {
            self.changed.notify_one();
        }
    }

    /// The policy as last applied.
    pub fn policy(&self) -> Policy {
        Policy::numbered(self.policy.load(Relaxed))
    }

    /// True if a command that needs memory is refused at this node, whose estimate of cluster time is `now_ms`.
    pub fn refuses(&self, now_ms: u64) -> bool {
        if !self.policy().evicts() {
            let maxmemory = self.maxmemory.load(Relaxed);
            return maxmemory != 0 && (self.used)() > maxmemory;
        }
        let said_ms = self.none_left_ms.load(Relaxed);
        said_ms != 0 && now_ms < said_ms + BELIEVED_MS
    }

    /// Bytes in use beyond the bound that eviction can do something about.
    fn excess(&self) -> u64 {
        let not_counted = self.not_counted();
        match self.maxmemory.load(Relaxed) {
            0 => 0,
            maxmemory => (self.used)().saturating_sub(not_counted).saturating_sub(maxmemory),
        }
    }

    /// Bytes in use that eviction does not go by: `mem_not_counted_for_evict`.
    pub fn not_counted(&self) -> u64 {
        self.frees.bytes() + self.kept.load(Relaxed)
    }

    /// True if this node, as leader, has to wait before it takes a batch.
    pub fn is_crowded(&self) -> bool {
        self.policy().evicts()
            && self.none_left_ms.load(Relaxed) == 0
            && self.excess() > slack(self.maxmemory.load(Relaxed))
    }

    /// The state has changed. Whoever leads evicts if there is something to evict.
    pub(super) fn moved(&self, state: &State) {
        self.policy.store(state.options.policy() as u64, Relaxed);
        if !self.policy().evicts() {
            self.none_left_ms.store(0, Relaxed);
        } else if self.maxmemory.load(Relaxed) != 0 {
            self.kept.store(state.kept_for_images(), Relaxed);
            if self.excess() > 0 || self.none_left_ms.load(Relaxed) != 0 {
                self.changed.notify_one();
            }
        }
    }

    /// An entry of a leader's is applied: number `number` of those that it proposed, and its word at cluster time `now_ms`.
    pub(super) fn heard(&self, number: u64, is_none_left: bool, now_ms: u64) {
        self.none_left_ms.store(if is_none_left { now_ms } else { 0 }, Relaxed);
        self.leading.lock().settle(|out| out.number <= number);
        self.changed.notify_one();
    }

    /// This node does not lead.
    pub fn rest(&self) {
        let mut leading = self.leading.lock();
        leading.picker.rest();
        leading.out.clear();
        leading.said_none_left_ms = None;
    }

    /// What this node as leader proposes next at this cluster time; None: nothing for now.
    pub fn next(&self, state: &State, now_ms: u64) -> Option<Content> {
        self.kept.store(state.kept_for_images(), Relaxed);
        let mut leading = self.leading.lock();
        let leading = &mut *leading;
        leading.settle(|out| now_ms >= out.since_ms + OUT_FOR_MS);
        let out: u64 = leading.out.iter().map(|out| out.bytes).sum();
        let wanted = self.excess().saturating_sub(out);
        let was_none_left = self.none_left_ms.load(Relaxed) != 0;
        if !state.options.policy().evicts() || wanted == 0 || leading.out.len() >= OUT_MAX {
            if wanted == 0 && was_none_left && leading.out.is_empty() {
                // There is room again.
                return Some(leading.propose(Vec::new(), 0, false, now_ms));
            }
            return None;
        }
        let Picked { victims, bytes, is_none_left } = leading.picker.pick(state, wanted, now_ms);
        if victims.is_empty() {
            let is_due = is_none_left || was_none_left;
            let is_said = leading.said_none_left_ms.is_some_and(|said_ms| now_ms < said_ms + SAY_EVERY_MS);
            if !is_due || !leading.out.is_empty() || is_said {
                return None;
            }
            leading.said_none_left_ms = Some(now_ms);
            return Some(leading.propose(victims, 0, true, now_ms));
        }
        leading.said_none_left_ms = None;
        Some(leading.propose(victims, bytes, false, now_ms))
    }

    /// Notes whether the memory in use is above the bound at the moment.
    pub fn look(&self) {
        let maxmemory = self.maxmemory.load(Relaxed);
        let is_over = maxmemory != 0 && (self.used)() > maxmemory;
        let mut exceeded = self.exceeded.lock();
        match exceeded.since {
            None if is_over => exceeded.since = Some(Instant::now()),
            Some(since) if !is_over => {
                exceeded.total_ms += since.elapsed().as_millis() as u64;
                exceeded.since = None;
            }
            _ => {}
        }
    }

    /// How long it was above the bound, in all and this time, ms.
    pub fn exceeded_ms(&self) -> (u64, u64) {
        let exceeded = self.exceeded.lock();
        let current_ms = exceeded.since.map_or(0, |since| since.elapsed().as_millis() as u64);
        (exceeded.total_ms + current_ms, current_ms)
    }
}

impl Leading {
    fn settle(&mut self, is_over: impl Fn(&Out) -> bool) {
        for out in self.out.iter().filter(|out| is_over(out)) {
            self.picker.settle(&out.victims);
        }
        self.out.retain(|out| !is_over(out));
    }

    fn propose(&mut self, victims: Vec<crate::store::Victim>, bytes: u64, is_none_left: bool, now_ms: u64) -> Content {
        self.number += 1;
        let places = victims.iter().map(picker::place).collect();
        self.out.push_back(Out { number: self.number, bytes, since_ms: now_ms, victims: places });
        Content::Evict { number: self.number, is_none_left, victims }
    }
}

#[cfg(test)]
mod tests;
