//! Who may be called the leader: what a node says of it, to clients, to operators and to other members.
//!
//! Invariants
//! - A node says that it leads only if a quorum, itself included, has answered what it sent to them as leader of this term within
//!   [`QUORUM_SILENCE`], looked at by the monotonic clock at the moment when it says so: neither a leader that was cut off nor one whose
//!   process was stopped says it any longer. Being elected is not enough, the first answers are; a node that votes alone needs none.
//! - A node says that another leads only if that one, as leader of the term in which this node is, has told it so within [`SILENCE`]; a
//!   leader tells it only while the first invariant lets it. A stored vote names the leader of an earlier process, and says nothing.
//! - What is said takes nothing from writes and reads: they go to whom Raft takes for the leader ([`Group::leader`]), which goes on
//!   trying to reach a quorum, and finds out by itself whether it still has one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::join_all;
use openraft::Instant;
use openraft::async_runtime::watch::WatchReceiver;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Group;
use crate::replication::origin::Leader;
use crate::replication::peer::message::Question;
use crate::replication::timing::ELECTION_TIMEOUT_MAX;

/// A leader that said nothing for this long is not heard.
const SILENCE: Duration = Duration::from_secs(1);

/// A leader that no quorum has answered for this long is none: by then the others, if they can, have elected another one. (A voter lets
/// as much as an election timeout pass before it takes part in another election, and another one until it begins one.)
const QUORUM_SILENCE: Duration = ELECTION_TIMEOUT_MAX.saturating_mul(2);

/// See the module's header. Moments are the monotonic clock's, ns.
#[derive(Default)]
pub(in crate::replication) struct Contact {
    /// As leader: until when what a quorum has answered is enough.
    quorum_until_ns: AtomicU64,
    heard: Mutex<Heard>,
    /// Another leader was heard.
    pub(in crate::replication) news: Notify,
}

/// What this process has heard of a leader on another node.
#[derive(Default)]
struct Heard {
    leader: Option<Leader>,
    /// When it said last that a quorum answers it.
    led_at_ns: Option<u64>,
}

impl Group {
    /// True if this node leads: see the module's header.
    pub fn leads(&self) -> bool {
        self.leader().is_some_and(|leader| leader.node == self.node) && self.is_answered()
    }

    /// True if there is a leader: this node, or another one that was heard lately. (A node that cannot elect another one goes on knowing
    /// the last one.)
    pub fn hears_leader(&self) -> bool {
        self.heard_leader().is_some()
    }

    /// The leader, if [`Self::hears_leader`].
    pub fn heard_leader(&self) -> Option<Leader> {
        self.leader().filter(|leader| if leader.node == self.node { self.is_answered() } else { self.is_told(*leader) })
    }

    /// A leader on another node, whose term this node is in, has sent something; `leads` if it says that a quorum answers it.
    pub(crate) fn note_heard(&self, leader: Leader, leads: bool) {
        let mut heard = self.contact.heard.lock();
        let is_new = heard.leader != Some(leader);
        if is_new {
            *heard = Heard { leader: Some(leader), led_at_ns: None };
        }
        if leads {
            heard.led_at_ns = Some(self.env.clocks.monotonic_ns());
        }
        drop(heard);
        if is_new {
            self.contact.news.notify_one();
        }
    }

    /// True if this process has heard it, whatever it said.
    pub(in crate::replication) fn has_heard(&self, leader: Leader) -> bool {
        self.contact.heard.lock().leader == Some(leader)
    }

    /// Looks up when a quorum has answered this node as leader: for how long that is enough; None if it is not.
    pub(in crate::replication) fn look_for_quorum(&self) -> Option<Duration> {
        let rest = self.answered_for();
        let until_ns = match rest {
            Some(Duration::MAX) => u64::MAX,
            Some(rest) => self.env.clocks.monotonic_ns() + rest.as_nanos() as u64,
            None => 0,
        };
        self.contact.quorum_until_ns.store(until_ns, Ordering::Relaxed);
        rest
    }

    /// For how long from now what a quorum has answered is enough. For ever, if this node is the quorum.
    fn answered_for(&self) -> Option<Duration> {
        let metrics = self.raft()?.metrics();
        let metrics = metrics.borrow_watched();
        if !metrics.state.is_leader() {
            return None;
        }
        if metrics.membership_config.membership().voter_ids().eq([self.node]) {
            return Some(Duration::MAX);
        }
        // When that was sent which a quorum has answered.
        let sent = metrics.last_quorum_acked?.into_inner();
        QUORUM_SILENCE.checked_sub(sent.elapsed()).filter(|rest| !rest.is_zero())
    }

    fn is_answered(&self) -> bool {
        self.env.clocks.monotonic_ns() < self.contact.quorum_until_ns.load(Ordering::Relaxed)
    }

    fn is_told(&self, leader: Leader) -> bool {
        let heard = self.contact.heard.lock();
        let is_lately = |at| self.env.clocks.monotonic_ns().saturating_sub(at) < SILENCE.as_nanos() as u64;
        heard.leader == Some(leader) && heard.led_at_ns.is_some_and(is_lately)
    }

    /// Calls every member that this node knows, so that each may say what it has against it, and waits for `timeout` at most; who
    /// was called.
    pub async fn call_members(&self, timeout: Duration) -> Vec<u64> {
        let members = self.links.known();
        join_all(members.iter().map(|node| self.links.ask(*node, self.id, &Question::Standings, timeout))).await;
        members
    }

    /// For tests without Raft: a quorum has answered this node once and for all.
    #[cfg(test)]
    pub(in crate::replication) fn answer_for_ever(&self) {
        self.contact.quorum_until_ns.store(u64::MAX, Ordering::Relaxed);
    }
}
