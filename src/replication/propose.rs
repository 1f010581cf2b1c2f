//! The leader's side of the write path: stamp and propose. And the tasks that connect openraft with the rest of the group.
//!
//! Invariant: no entry reaches the log that is too long for a peer's frame: it could never be replicated, nor anything behind it.

use std::sync::Arc;
use std::time::Duration;

use openraft::async_runtime::watch::WatchReceiver;

use super::Group;
use super::origin::{Body, HandOver, Leader, Next};
use super::types::{Payload, WriteResponder};
use crate::executor::entry::{Content, ENTRY_LEN_MAX, Stamp, encode, seal};

impl Group {
    /// What the leader puts on an entry now.
    pub(super) fn stamp(&self) -> Stamp {
        let (digest_index, digest) = self.digest_to_send();
        Stamp { now_ms: self.clock.leader_ms(), digest_index, digest }
    }

    /// Proposes a sealed entry. `rejected` is called if it was refused before it reached the log; whatever else happens says
    /// nothing.
    pub(super) async fn propose(&self, sealed: bytes::Bytes, rejected: impl FnOnce() + Send + 'static) {
        let Some(raft) = self.raft() else { return rejected() };
        // The gate bounds what makes an entry; should that ever fail, one batch is lost and not the cluster.
        if sealed.len() > ENTRY_LEN_MAX {
            crate::sys::log::warning(&format!("a batch of {} bytes is refused: no peer can be sent it", sealed.len()));
            return rejected();
        }
        let responder = WriteResponder::new(move |result| {
            if let Err(openraft::errors::ClientWriteError::ForwardToLeader(_)) = result {
                rejected();
            }
        });
        // A stopped Raft answers nothing more: the outcome is unknown.
        let _ = raft.client_write_ff(Payload(sealed), Some(responder)).await;
    }

    /// Proposes an entry of the leader's own: no boot, no seq.
    pub(super) async fn propose_own(&self, content: &Content) {
        self.propose(seal(encode(content), self.stamp()), || ()).await;
    }
}

/// Drives a group's origin until the future is dropped.
pub async fn drive_origin(group: Arc<Group>) {
    let timer = crate::sys::env::FineTimer::new(&group.env);
    loop {
        match group.origin.next(group.leader(), group.node, || group.stamp()) {
            Next::HandOver(hand_overs) => {
                for hand_over in hand_overs {
                    self::hand_over(&group, hand_over).await;
                }
            }
            Next::Boot(leader, nonce, fresh) => {
                let content = Content::Boot { node: group.node, nonce };
                let body = if leader.node == group.node {
                    Body::Sealed(seal(encode(&content), group.stamp()))
                } else {
                    Body::Unsealed(encode(&content).freeze())
                };
                self::hand_over(&group, HandOver { leader, stream: 0, seq: 0, body, fresh }).await;
            }
            Next::Wait(Some(until)) => {
                tokio::select! {
                    () = group.origin.wake.notified() => {}
                    () = timer.sleep_until(until) => {}
                }
            }
            Next::Wait(None) => group.origin.wake.notified().await,
        }
    }
}

async fn hand_over(group: &Arc<Group>, hand_over: HandOver) {
    let HandOver { leader, stream, seq, body, fresh } = hand_over;
    match body {
        Body::Sealed(sealed) => {
            let origin = group.clone();
            group.propose(sealed, move || origin.origin.rejected(stream, seq)).await;
        }
        Body::Unsealed(unsealed) => {
            if fresh {
                group.links.forget_forward(leader.node);
            }
            super::peer::forward(group, leader, stream, seq, unsealed);
        }
    }
}

/// Answers what has waited for longer than `write-timeout-ms`, until the future is dropped.
pub async fn watch_deadlines(group: Arc<Group>) {
    loop {
        let timeout = group.timeout();
        tokio::time::sleep((timeout / 20).clamp(Duration::from_millis(5), Duration::from_millis(100))).await;
        group.origin.expire(timeout);
        group.reads.expire(timeout);
    }
}

/// Follows openraft's idea of who leads, until it stops.
pub async fn watch_leader(group: Arc<Group>) {
    let Some(raft) = group.raft() else { return };
    let mut metrics = raft.server_metrics();
    loop {
        let leader = {
            let now = metrics.borrow_watched();
            now.current_leader.map(|node| Leader { term: now.vote.leader_id.term, node })
        };
        let was = group.leader();
        if leader.is_some_and(|leader| leader.node == group.node) && was != leader {
            let term = leader.map_or(0, |leader| leader.term);
            if group.clock.elected(term) {
                crate::sys::log::notice("cluster time is set from the lowest wall clock of the voters");
            }
        }
        group.set_leader(leader);
        if was != leader {
            crate::sys::log::notice(&match leader {
                Some(Leader { term, node }) if node == group.node => format!("this node leads term {term}"),
                Some(Leader { term, node }) => format!("node {node} leads term {term}"),
                None => "no leader".into(),
            });
        }
        if metrics.changed().await.is_err() {
            return;
        }
    }
}

/// Ends this node's boot in the log, as far as there is somebody to tell.
pub async fn end_boot(group: &Arc<Group>, boot: u64) {
    let content = Content::EndBoot { boot };
    let Some(leader) = group.leader() else { return };
    let body = if leader.node == group.node {
        Body::Sealed(seal(encode(&content), group.stamp()))
    } else {
        Body::Unsealed(encode(&content).freeze())
    };
    hand_over(group, HandOver { leader, stream: 0, seq: 0, body, fresh: false }).await;
    let ended = async {
        while group.gate.read().await.origins.get(boot).is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // Without a quorum the next boot of this node ends it.
    let _ = tokio::time::timeout(Duration::from_millis(500), ended).await;
}

/// Ticks of the leader (design 5): for keys that are due at most every 100 ms, and one every 10 s while any deadline exists, so that
/// every base is fresh.
pub async fn drive_ticks(group: Arc<Group>) {
    const DUE_EVERY: Duration = Duration::from_millis(100);
    const IDLE_EVERY_MS: u64 = 10_000;
    loop {
        tokio::time::sleep(DUE_EVERY).await;
        if !group.leads() {
            continue;
        }
        let (first, now_ms) = {
            let Some(state) = group.gate.try_read() else { continue };
            (state.first_deadline_ms(), state.now_ms())
        };
        let Some(deadline_ms) = first else { continue };
        let clock_ms = group.clock.leader_ms();
        if deadline_ms <= clock_ms || now_ms + IDLE_EVERY_MS <= clock_ms {
            group.propose_own(&Content::Tick).await;
        }
    }
}
