//! The tasks that connect openraft with the rest of a group.

use std::sync::Arc;
use std::time::Duration;

use openraft::async_runtime::watch::WatchReceiver;

use super::Group;
use super::origin::{Body, HandOver, Leader, Next};
use super::propose::hand_over;
use crate::executor::Due;
use crate::executor::entry::{Content, encode, seal};

/// Drives a group's origin until the future is dropped.
pub async fn drive_origin(group: Arc<Group>) {
    let timer = crate::sys::env::FineTimer::new(&group.env);
    loop {
        match group.origin.next(group.leader(), group.node, || group.stamp()) {
            Next::HandOver(hand_overs) => {
                for batch in hand_overs {
                    hand_over(&group, batch).await;
                }
            }
            Next::Boot(leader, nonce, fresh) => {
                let content = Content::Boot { node: group.node, nonce };
                let body = if leader.node == group.node {
                    Body::Sealed(seal(encode(&content), group.stamp()))
                } else {
                    Body::Unsealed(encode(&content).freeze())
                };
                hand_over(&group, HandOver { leader, stream: 0, seq: 0, body, fresh }).await;
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

/// Answers what has waited for longer than `write-timeout-ms`, until the future is dropped.
pub async fn watch_deadlines(group: Arc<Group>) {
    loop {
        let timeout = group.timeout();
        tokio::time::sleep((timeout / 20).clamp(Duration::from_millis(5), Duration::from_millis(100))).await;
        group.origin.expire(timeout);
        group.reads.expire();
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
                tracing::info!(node = group.node, term, "cluster time is set from the lowest wall clock of the voters");
            }
        }
        group.set_leader(leader);
        if was != leader {
            match leader {
                Some(Leader { term, node }) if node == group.node => tracing::info!(node, term, "this node leads"),
                Some(Leader { term, node }) => tracing::info!(node = group.node, term, peer = node, "a peer leads"),
                None => tracing::info!(node = group.node, "no leader"),
            }
        }
        if metrics.changed().await.is_err() {
            return;
        }
    }
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
        let Some(Due { first_ms: Some(deadline_ms), now_ms }) = group.executor.due() else { continue };
        let clock_ms = group.clock.leader_ms();
        if crate::store::is_over(deadline_ms, clock_ms) || now_ms + IDLE_EVERY_MS <= clock_ms {
            group.propose_own(encode(&Content::Tick)).await;
        }
    }
}
