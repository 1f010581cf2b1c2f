//! A leader whose process is dead is replaced at once, not after the time in which a living one could be heard again.
//!
//! When a process is killed, the system closes its connections, and refuses new ones: nobody listens at its port any longer. So a follower
//! whose connection from the leader has ended calls the leader's port, and if it is refused ([`ErrorKind::ConnectionRefused`]) ends the
//! lease that it has granted and asks the other voters for an election.
//!
//! Invariants
//! - It is evidence and no proof (a firewall refuses too), so all that it does is what Raft allows at any time: no vote counts that Raft
//!   would not count, and a leader that lives after all loses its term at the worst.
//! - One node's evidence deposes nobody: the election begins with a pre-vote, which a voter grants only if its own lease has ended, by its
//!   own evidence or by time, and only to a log that is not behind its own. So the most advanced voter comes first.
//! - The lease that a follower grants is a promise to nobody: reads and the cluster clock ask a quorum for its *stored vote*
//!   (`group/reads.rs`, `group/timekeeping.rs`), however the election came about. Whoever lets a leader answer reads because a lease holds must
//!   give up this module, or count no lease of a voter that may have such evidence.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use openraft::raft::TransferLeaderRequest;
use tokio::time::Instant;

use super::Group;
use super::origin::Leader;

/// When a port is called after a connection has ended: it may be the first that the system closes, and the port the last.
const CALLS_MS: [u64; 9] = [0, 1, 2, 4, 8, 16, 32, 64, 128];
/// How long a call may take: what is refused is so at once.
const CALL_TIMEOUT: Duration = Duration::from_millis(100);
/// The first pre-vote comes after at most so long: of voters with equal logs one should be first.
const FIRST_MAX_US: u64 = 5_000;
/// The next ones, while the others may not have their evidence yet, after between half of this and all of it.
const AGAIN_MAX_US: u64 = 20_000;
/// Pre-votes that are tried. Later, elections come by time.
const ATTEMPTS: usize = 12;

/// Looks for evidence that the leader's process is dead, and acts on it, until the future is dropped.
pub async fn watch_evidence(group: Arc<Group>) {
    loop {
        let node = group.next_ended().await;
        let Some(leader) = group.leader().filter(|leader| leader.node == node && node != group.node) else { continue };
        if is_dead(&group, leader).await {
            tracing::warn!(
                node = group.node,
                term = leader.term,
                peer = node,
                "the leader's process is gone: it is not waited for"
            );
            elect(&group, leader).await;
        }
    }
}

/// True if nobody listens at the leader's port.
async fn is_dead(group: &Group, leader: Leader) -> bool {
    let begun = Instant::now();
    for pause_ms in CALLS_MS {
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        if group.leader() != Some(leader) {
            return false;
        }
        let Some(addr) = group.links.addr(leader.node) else { return false };
        match tokio::time::timeout(CALL_TIMEOUT, group.env.net.connect(&addr)).await {
            Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => return true,
            _ if group.links.silence(leader.node).is_some_and(|silence| silence < begun.elapsed()) => return false,
            _ => {}
        }
    }
    false
}

/// Ends the lease that this node has granted to `leader`, and asks for an election while nobody else begins one.
async fn elect(group: &Group, leader: Leader) {
    let Some(raft) = group.raft() else { return };
    let mut pause_us = group.env.random() % FIRST_MAX_US;
    for _ in 0..ATTEMPTS {
        // A vote for somebody else: an election is under way.
        let Some(vote) = group.log.vote().filter(|_| group.votes_for(leader) && group.leader() == Some(leader)) else {
            return;
        };
        // To openraft a leader that hands its lead to itself is one whose lease has ended.
        if raft.handle_transfer_leader(TransferLeaderRequest::new(vote, leader.node, None)).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_micros(pause_us)).await;
        if !group.votes_for(leader) || raft.trigger().elect(true).await.is_err() {
            return;
        }
        pause_us = AGAIN_MAX_US / 2 + group.env.random() % (AGAIN_MAX_US / 2);
    }
}
