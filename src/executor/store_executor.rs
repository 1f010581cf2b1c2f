//! The executor on the store: the state behind its gate, what applies entries to it, and what reads it.
//!
//! Invariants
//! - Replies are sent and effects executed after the gate is released ([`Applied::deliver`]).
//! - Heavy entries, also by what this node's clients read beside their writes, run on a thread of their own while Raft's timers go on.
//! - Whoever holds a copy of something in the state (options, cluster time, members) is notified in one place, [`StoreExecutor::moved`], in
//!   the order of the states, because the gate is held.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;

use super::apply::{EntryOutcome, apply, level_behind};
use super::contract::{Applied, Consensus, Members, Moved};
use super::entry::{Content, decode};
use super::eviction::Eviction;
use super::natures::Natures;
use super::prepare::PreparedEntry;
use super::waiting::Waiting;
use super::{Gate, Hub, KeyStats, Monitors, Running, Step, UsersSeen, send_answers};
use crate::store::{Accesses, State};
use crate::sys::clock::ClusterClock;
use crate::sys::env::Env;
use crate::sys::latency::{EVICTION_DEL, EXPIRE_CYCLE};
use crate::sys::version::objection;

/// See the module's header.
pub struct StoreExecutor {
    /// Seams.
    pub env: Env,
    /// The state behind its gate.
    pub gate: Gate,
    /// Cluster time.
    pub clock: Arc<ClusterClock>,
    /// What INFO shows of keys.
    pub key_stats: Arc<KeyStats>,
    /// Scripts and functions that run here.
    pub running: Arc<Running>,
    /// The users as last applied.
    pub users: UsersSeen,
    /// What is known of scripts.
    pub natures: Natures,
    /// Connections of this node that are subscribed.
    pub hub: Arc<Hub>,
    /// Connections of this node that watch its commands.
    pub monitors: Monitors,
    /// Memory, and keys that give way.
    pub eviction: Arc<Eviction>,
    pub(super) accesses: Accesses,
    pub(super) waiting: Waiting,
    bulk_len_max: AtomicU64,
    opens_channels: AtomicBool,
    notified_members: AtomicU64,
}

impl StoreExecutor {
    /// An executor with an empty state.
    pub fn new(env: Env, clock: Arc<ClusterClock>) -> Arc<Self> {
        let state = State::default();
        let eviction = Arc::new(Eviction::by(env.memory));
        Arc::new(Self {
            env,
            clock,
            key_stats: Arc::default(),
            running: Arc::default(),
            users: UsersSeen::default(),
            natures: Natures::default(),
            hub: Arc::default(),
            monitors: Monitors::default(),
            eviction,
            waiting: Waiting::default(),
            opens_channels: AtomicBool::new(state.options.opens_channels()),
            bulk_len_max: AtomicU64::new(state.options.bulk_len_max),
            notified_members: AtomicU64::new(0),
            accesses: state.accesses().clone(),
            gate: Gate::new(state),
        })
    }

    /// `proto-max-bulk-len` as last applied, bytes.
    pub fn bulk_len_max(&self) -> usize {
        self.bulk_len_max.load(Ordering::Relaxed) as usize
    }

    /// `acl-pubsub-default allchannels` as last applied.
    pub fn opens_channels(&self) -> bool {
        self.opens_channels.load(Ordering::Relaxed)
    }

    /// The state has changed: everybody below consensus is notified, and what consensus has to be notified of is returned.
    pub(super) fn moved(&self, state: &State) -> Moved {
        self.bulk_len_max.store(state.options.bulk_len_max, Ordering::Relaxed);
        self.clock.applied(state.now_ms());
        self.eviction.moved(state);
        self.users.show(&state.users);
        self.opens_channels.store(state.options.opens_channels(), Ordering::Relaxed);
        let cluster = &state.cluster;
        let is_news = self.notified_members.swap(cluster.version, Ordering::Relaxed) != cluster.version;
        let members = is_news.then(|| Members {
            addrs: cluster.members.iter().map(|(node, member)| (*node, member.peer_addr.clone())).collect(),
            last_node: cluster.last_node,
            level: cluster.level,
        });
        let first_wait_ms = state.first_awaited_ms();
        Moved { digest: state.digest.value(), members, first_wait_ms }
    }

    pub(super) async fn apply_entry(
        &self,
        index: u64,
        bytes: Bytes,
        consensus: Arc<dyn Consensus>,
    ) -> io::Result<Applied> {
        let mut entry = decode(&bytes)
            .and_then(PreparedEntry::new)
            .map_err(|what| io::Error::other(format!("log entry {index} cannot be applied: {what}")))?;
        let stamp = entry.stamp;
        let mut state = self.gate.write().await;
        if let Some(why) = objection("the state behind it", level_behind(&state, &entry.content), self.env.level) {
            return Err(io::Error::other(format!("log entry {index} cannot be applied: {why}")));
        }
        // Who notes what it reads holds the gate.
        entry.is_tracked = self.hub.is_tracking();
        // A group's own reads between its writes run where the entry is applied.
        let look = self.natures.look(&state);
        let heavy =
            entry.is_heavy(|single| look.is_brief(single)) || has_heavy_read(&entry.content, &state, &*consensus);
        super::applying(index);
        let _run = entry.runs_script().then(|| self.running.begin_entry());
        let event = match &entry.content {
            Content::Tick => Some(EXPIRE_CYCLE),
            Content::Evict { .. } => Some(EVICTION_DEL),
            _ => None,
        };
        let began_ns = event.and_then(|_| self.env.begin());
        let own = move |boot, seq| consensus.take_pending(boot, seq);
        let mut outcome = if heavy {
            let (guard, outcome) = self
                .env
                .heavy(move || {
                    let outcome = apply(&mut state, index, entry, own);
                    (state, outcome)
                })
                .await;
            state = guard;
            outcome
        } else {
            apply(&mut state, index, entry, own)
        };
        if let Some(event) = event {
            self.env.end(event, began_ns);
        }
        if let Some((number, is_none_left)) = outcome.eviction {
            self.eviction.heard(number, is_none_left, state.now_ms());
        }
        let moved = self.moved(&state);
        self.hub.set_applied(index);
        drop(state);
        self.key_stats.expired.fetch_add(outcome.effects.expired, Ordering::Relaxed);
        self.key_stats.evicted.fetch_add(outcome.effects.evicted, Ordering::Relaxed);
        self.key_stats.expired_fields.fetch_add(outcome.effects.expired_fields, Ordering::Relaxed);
        self.key_stats.evicted_scripts.fetch_add(outcome.effects.evicted_scripts, Ordering::Relaxed);
        self.key_stats.count(std::mem::take(&mut outcome.effects.tally));
        self.waiting.settle(&mut outcome);
        let leader_digest = (stamp.digest_index != 0).then_some((stamp.digest_index, stamp.digest));
        let (booted, ended, hub) = (outcome.booted, outcome.ended, self.hub.clone());
        let eviction = self.eviction.clone();
        Ok(Applied { moved, leader_digest, booted, ended, hub, eviction, outcome })
    }
}

impl Applied {
    /// Sends the replies and executes the effects; `index` is the entry's.
    pub fn deliver(self, index: u64, env: &Env) {
        let EntryOutcome { answers, mut effects, .. } = self.outcome;
        // In this order: see the hub's header.
        let queued = self.hub.queue(index, std::mem::take(&mut effects.pubsub));
        send_answers(answers, index);
        self.hub.release(index, queued);
        if !(effects.garbage.is_empty() && effects.flushed.is_empty()) {
            // Of databases nobody knows how much they hold.
            let bytes = match effects.flushed.is_empty() {
                true => effects.garbage_bytes() as u64,
                false => crate::sys::memory::used_bytes(),
            };
            let objects = effects.garbage_len() as u64;
            free(env, (effects, self.eviction.frees.begin(bytes, objects)));
        }
    }
}

/// Frees something large in the background.
pub(super) fn free<T: Send + 'static>(env: &Env, large: T) {
    if env.threads {
        drop(tokio::task::spawn_blocking(move || drop(large)));
    }
}

/// True if the groups that wait for a batch hold a read that is heavy on this state.
fn has_heavy_read(content: &Content, state: &State, consensus: &dyn Consensus) -> bool {
    let Content::Batch(batch) = content else { return false };
    let mut heavy = false;
    consensus.show_pending(batch.boot, batch.seq, &mut |groups| {
        heavy = groups.iter().flat_map(|group| &group.steps).any(|step| match step {
            Step::Read(command) => command.is_heavy_on(state),
            // What is in the entry itself was asked before.
            Step::Write(command) => command.exec.is_some() && command.is_heavy_on(state),
            Step::Done(_) => false,
        });
    });
    heavy
}

#[cfg(test)]
mod tests;
