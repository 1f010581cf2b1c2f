//! The cluster clock between members ([`crate::sys::clock`] has the rule and why it holds): what a leader begins with and tells, and when
//! a member takes it over.
//!
//! Invariants
//! - A leader's clock is set before [`Group::leader`] names it; only then it stamps, and tells, and that only while a quorum answers it
//!   ([`super::contact`]).
//! - What came with a request counts from the moment at which it came, but only once the log has the request's entries: with that it
//!   covers them.

use std::time::Duration;

use super::Group;
use crate::executor::entry::stamp_ms;
use crate::replication::origin::Leader;
use crate::replication::peer::message::{PeerAnswer, Question};
use crate::replication::types::{EntryPayload, LogId, Vote};
use crate::sys::clock::{Elected, LogEnd, Moment, Teller};

/// How far back the newest stamp is looked for behind the last entry that has one: stamps and entries may come in slightly different
/// orders.
const STAMPS_LOOKED_AT: usize = 1000;

/// How long a new leader waits for a member's clock, if it needs it.
const CLOCK_TIMEOUT: Duration = Duration::from_millis(300);

/// A leader's clock as it came.
pub struct HeardClock {
    leader: Leader,
    told_ns: u64,
    at: Moment,
}

impl From<Leader> for Teller {
    fn from(leader: Leader) -> Self {
        Self { term: leader.term, node: leader.node }
    }
}

fn leader_of(log_id: &LogId) -> Teller {
    Teller { term: log_id.leader_id.term, node: log_id.leader_id.node_id }
}

fn leader_by(vote: &Vote) -> Leader {
    Leader { term: vote.leader_id.term, node: vote.leader_id.node_id }
}

impl Group {
    /// This node was elected as `leader`: sets its clock, before anybody is told that it leads. Asks the members if no voter has one that
    /// counts. False if it leads no more.
    pub(in crate::replication) async fn begin_clock(&self, leader: Leader) -> bool {
        let mut begun = self.lead_clock(leader, false);
        if begun == Some(Elected::NotYet) {
            // Whoever led before does not in this term.
            self.set_leader(None);
            let ask = |node| async move {
                match self.links.ask(node, self.id, &Question::Clock, CLOCK_TIMEOUT).await {
                    Some(PeerAnswer::Clock(reading)) => self.clock.granted(leader.term, node, reading),
                    _ => tracing::info!(node = self.node, peer = node, "a member does not tell its clock"),
                }
            };
            futures::future::join_all(self.links.known().into_iter().map(ask)).await;
            begun = self.lead_clock(leader, true);
        }
        begun.is_some()
    }

    /// Sets the clock of this node as `leader`, if it is not set yet; `at_last`: in any case. None: it leads no more.
    fn lead_clock(&self, leader: Leader, at_last: bool) -> Option<Elected> {
        let (node, term) = (self.node, leader.term);
        let end = self.log_end();
        if !self.votes_for(leader) {
            // That may have been a later leader's log, in which what this one had is replaced.
            return None;
        }
        let begun = self.clock.elected(leader.into(), at_last, || end);
        match begun {
            Elected::NotYet | Elected::Already | Elected::Told => {}
            Elected::Stamp => tracing::warn!(
                node,
                term,
                "cluster time goes on from the newest entry: no member that answers has heard the leader that made it; what has passed since \
                 is lost, and keys expire later by that"
            ),
            Elected::Wall => {
                tracing::info!(node, term, "cluster time is set from the lowest wall clock of the members that answer");
            }
        }
        Some(begun)
    }

    /// The clock that goes with a message of the leader that `vote` is of, this node, ns; 0, which says nothing, if it may not say that it
    /// leads.
    pub(in crate::replication) fn told_ns(&self, vote: &Vote) -> u64 {
        let leader = leader_by(vote);
        if self.heard_leader() == Some(leader) { self.clock.told_ns(leader.into()) } else { 0 }
    }

    /// A request of the leader that `vote` is of has come now, with its clock; without one, no quorum answers it.
    pub(in crate::replication) fn heard_clock(&self, vote: &Vote, told_ns: u64) -> HeardClock {
        let leader = leader_by(vote);
        if self.follows(leader) {
            self.note_heard(leader, told_ns != 0);
        }
        HeardClock { leader, told_ns, at: self.clock.moment() }
    }

    /// The log has that request's entries: takes the clock over, if it is of the leader of the term that this node is in.
    pub(in crate::replication) fn follow_clock(&self, heard: &HeardClock) {
        let HeardClock { leader, told_ns, at } = *heard;
        if !self.follows(leader) {
            return;
        }
        if !self.has_heard(leader) {
            // With this request came its term. What it said of a quorum may be long ago; the next one says it again.
            self.note_heard(leader, false);
        }
        let log_leader = self.log.last_log_id().map(|last| leader_of(&last));
        self.clock.follow(leader.into(), told_ns, at, log_leader);
    }

    /// True if this node is in the term of this leader, which is another node.
    fn follows(&self, leader: Leader) -> bool {
        leader.node != self.node && self.votes_for(leader)
    }

    fn log_end(&self) -> LogEnd {
        let mut end = LogEnd { leaders: Vec::new(), newest_ms: Some(0) };
        let mut stamps = 0;
        self.log.look_back(|log_id, payload| {
            let stamp = match payload {
                Some(EntryPayload::Normal(payload)) => stamp_ms(&payload.0),
                _ => 0,
            };
            if stamps == 0 && end.leaders.last() != Some(&leader_of(log_id)) {
                end.leaders.push(leader_of(log_id));
            }
            if payload.is_none() && stamps == 0 && log_id.index > self.snapshots.covered() {
                end.newest_ms = None;
            }
            end.newest_ms = end.newest_ms.map(|newest| newest.max(stamp));
            stamps += usize::from(stamp != 0 || stamps != 0);
            stamps < STAMPS_LOOKED_AT
        });
        end
    }
}

#[cfg(test)]
mod tests;
