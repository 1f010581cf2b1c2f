//! The tasks that connect openraft with the rest of a group.

use std::sync::Arc;
use std::time::Duration;

use openraft::async_runtime::watch::WatchReceiver;
use tokio::time::Instant;

use super::Group;
use super::origin::{Body, HandOver, Leader, Next};
use super::propose::hand_over;
use super::timing::HEARTBEAT;
use crate::executor::Due;
use crate::executor::entry::{Content, encode, seal};

/// Drives a group's origin until the future is dropped.
pub async fn drive_origin(group: Arc<Group>) {
    let timer = crate::sys::env::FineTimer::new(&group.env);
    loop {
        // A Boot in front of the entry that creates the cluster would be void.
        let leader = group.leader().filter(|_| group.is_created());
        match group.origin.next(leader, group.node, || group.stamp()) {
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
        let timeout_ms = timeout.as_millis() as u64;
        group.executor.expire_waits(group.clock.estimate_ms().saturating_sub(timeout_ms));
        group.reads.expire();
    }
}

/// Follows openraft's idea of who leads, and whether a quorum answers this node as leader, until openraft stops.
pub async fn watch_leader(group: Arc<Group>) {
    let Some(raft) = group.raft() else { return };
    let (mut metrics, mut progress) = (raft.server_metrics(), raft.metrics());
    let read = || {
        let now = raft.server_metrics();
        let now = now.borrow_watched();
        now.current_leader.map(|node| Leader { term: now.vote.leader_id.term, node })
    };
    let stored = read().filter(|leader| leader.node != group.node);
    let mut told = (None, true);
    loop {
        // What only the stored vote says is of an earlier process.
        let mut leader = read().filter(|leader| Some(*leader) != stored || group.has_heard(*leader));
        let own = leader.filter(|leader| leader.node == group.node);
        if let Some(own) = own.filter(|_| group.leader() != own)
            && !group.begin_clock(own).await
        {
            leader = None;
        }
        group.set_leader(leader);
        let answered = group.look_for_quorum();
        tell(&group, &mut told, leader, answered.is_some());
        tokio::select! {
            changed = metrics.changed() => if changed.is_err() { return },
            changed = progress.changed(), if own.is_some() && answered.is_none() => if changed.is_err() { return },
            () = group.contact.news.notified() => {}
            () = tokio::time::sleep(answered.unwrap_or_default().min(HEARTBEAT * 2)), if answered.is_some() => {}
        }
    }
}

/// Logs who leads, and whether a quorum answers this node while it is the one, when that is not what was `told` last.
fn tell(group: &Group, told: &mut (Option<Leader>, bool), leader: Option<Leader>, is_answered: bool) {
    let (node, before) = (group.node, *told);
    let is_own = leader.is_some_and(|leader| leader.node == node);
    let now = (leader, !is_own || is_answered);
    if before == now || (is_own && !is_answered && before.0 != leader) {
        // One that was elected waits for the first answers.
        return;
    }
    *told = now;
    match leader {
        Some(Leader { term, .. }) if is_own && !is_answered => {
            tracing::warn!(node, term, "no quorum answers this node any longer: it does not lead until one does")
        }
        Some(Leader { term, .. }) if is_own && before.0 == leader => {
            tracing::info!(node, term, "a quorum answers this node again: it leads")
        }
        Some(Leader { term, .. }) if is_own => tracing::info!(node, term, "this node leads"),
        Some(Leader { term, node: peer }) => tracing::info!(node, term, peer, "a peer leads"),
        None => tracing::info!(node, "no leader"),
    }
}

/// Ticks of the leader (design 5): at once when a wait ends, for keys that are due at most every 100 ms, and one every 10 s while any key has
/// a deadline, so that every base is fresh. One ends a bounded number of keys; while it leaves some that are due, the next follows soon.
pub async fn drive_ticks(group: Arc<Group>) {
    const DUE_EVERY: Duration = Duration::from_millis(100);
    const REST_EVERY: Duration = Duration::from_millis(10);
    const IDLE_EVERY_MS: u64 = 10_000;
    let mut next_look = Instant::now() + DUE_EVERY;
    // A tick that was lost is noticed then.
    let mut next_due = next_look;
    loop {
        let wait = if group.leads() { group.waits.until_due(group.clock.leader_ms()) } else { None };
        let until = wait.map_or(next_look, |wait| next_look.min(Instant::now() + wait));
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            () = group.waits.changed() => continue,
        }
        let now = Instant::now();
        let is_look = now >= next_look;
        if is_look {
            next_look = if now < next_due { next_due } else { now + DUE_EVERY };
        }
        if !group.leads() {
            continue;
        }
        let clock_ms = group.clock.leader_ms();
        let is_due = |due: Due| {
            let Some(deadline_ms) = due.first_ms else { return false };
            // The last entry has left it.
            let is_rest = crate::store::is_over(deadline_ms, due.now_ms);
            let is_idle = due.now_ms + IDLE_EVERY_MS <= clock_ms;
            is_rest || (now >= next_due && (crate::store::is_over(deadline_ms, clock_ms) || is_idle))
        };
        if group.waits.is_over(clock_ms) || (is_look && group.executor.due().is_some_and(is_due)) {
            group.waits.ticked();
            group.propose_own(encode(&Content::Tick)).await;
            (next_look, next_due) = (now + REST_EVERY, now + DUE_EVERY);
        }
    }
}
