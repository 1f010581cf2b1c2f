//! The task at the leader that carries out what the replicated state wishes of the membership (design 8): whoever leads, one
//! change at a time, taken up again after a leader change. And it raises the feature level (design 3).
//!
//! Invariants
//! - Voters stay odd unless an operator says otherwise: learners that have caught up become voters in one joint change, when that gives
//!   an odd number.
//! - A voter is removed or added only if the voters that would remain hold a quorum of live, caught-up nodes.
//! - A joint change that a dead leader left is finished first.
//! - A node is shown as a voter only when the change that made it one is committed and over: from then on the others go on without
//!   the node that led it. (In a joint change of {1} to {1, 2, 3} they do not, though 2 and 3 vote.)
//! - The feature level is raised to what every member knows, voter or not, as each has said in a handshake with this process; one that has
//!   not, or is not there now, holds it back, because its binary may be an old one. Nothing is lost if one is started with an older
//!   binary right then: no binary gets behind a raise that it does not know (`executor/apply.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use openraft::ChangeMembers;
use openraft::async_runtime::watch::WatchReceiver;

use super::Group;
use super::group::Raft;
use super::peer::message::{PeerAnswer, Question};
use super::standing::{CAUGHT_UP_ENTRIES, Standing};
use super::transfer::hand_over;
use super::types::Peer;
use crate::executor::entry::{Content, encode, own};
use crate::store::{Cluster, Member};

const EVERY: Duration = Duration::from_millis(100);
/// The same until there is a cluster.
const CREATE_EVERY: Duration = Duration::from_millis(10);
/// How long one step of a change is waited for.
const CHANGE_WAIT: Duration = Duration::from_secs(5);
/// A node that was heard within this time is alive.
const ALIVE: Duration = Duration::from_secs(2);
/// A learner has caught up if it lacks few entries, and not more bytes than this: room for one of the largest values.
const CAUGHT_UP_BYTES: u64 = 64 << 20;

impl Group {
    /// What this node, as leader, knows of each member's progress.
    pub fn standings(&self) -> BTreeMap<u64, Standing> {
        let Some(raft) = self.raft() else { return BTreeMap::new() };
        let metrics = raft.metrics();
        let metrics = metrics.borrow_watched();
        let last = metrics.last_log_index.unwrap_or(0);
        let membership = metrics.membership_config.membership();
        let voters = self.voters();
        membership
            .nodes()
            .map(|(node, _)| {
                let own = *node == self.node;
                let matched = if own {
                    last
                } else {
                    metrics
                        .replication
                        .as_ref()
                        .and_then(|all| all.get(node))
                        .and_then(|id| id.as_ref())
                        .map_or(0, |id| id.index)
                };
                let alive = own || self.links.silence(*node).is_some_and(|silence| silence < ALIVE);
                let (lag, voter) = (last.saturating_sub(matched), voters.contains(node));
                let level = self.links.identity().level_of(*node).unwrap_or(0);
                (*node, Standing { matched, lag, alive, voter, level })
            })
            .collect()
    }

    /// Fit to be made a voter: as one it is waited for, so it must not lack much, be it in few entries or in a snapshot.
    fn can_vote(&self, standing: &Standing) -> bool {
        let next = standing.matched + 1;
        standing.is_fit()
            && standing.matched > 0
            && next >= self.log.first_index()
            && self.log.bytes_between(next, next + standing.lag) <= CAUGHT_UP_BYTES
    }
}

/// Carries wishes out while this node leads, until the future is dropped. `founder`: what Create holds if this node begins a
/// cluster.
pub async fn drive_membership(group: Arc<Group>, founder: Option<Content>) {
    let Some(raft) = group.raft() else { return };
    loop {
        tokio::time::sleep(if group.is_created() { EVERY } else { CREATE_EVERY }).await;
        if !group.leads() || group.applied().leader != group.leader() {
            continue;
        }
        let Some(Cluster { members, level, .. }) = group.executor.cluster().await else {
            if let Some(create) = &founder {
                group.propose_own(encode(create)).await;
            }
            continue;
        };
        if group.env.level > level {
            let known = known_to_all(&members, &group.standings());
            if known > level {
                // Perhaps once more before it is applied.
                group.propose_own(encode(&Content::Raise { level: known })).await;
            }
        }
        // A change that fails is tried again in the next round, by whoever leads then.
        if let Err(why) = step(&group, raft, &members).await {
            tracing::trace!(node = group.node, error = why, "a change of membership is tried again");
        }
    }
}

/// The feature level that every member knows: of the state, and of the group.
fn known_to_all(members: &BTreeMap<u64, Member>, standings: &BTreeMap<u64, Standing>) -> u32 {
    if members.keys().any(|node| !standings.contains_key(node)) {
        return 0;
    }
    standings.values().map(|standing| if standing.alive { standing.level } else { 0 }).min().unwrap_or(0)
}

async fn step(group: &Arc<Group>, raft: &Raft, members: &BTreeMap<u64, Member>) -> Result<(), String> {
    let (joint, voters, nodes) = {
        let metrics = raft.metrics();
        let metrics = metrics.borrow_watched();
        let membership = metrics.membership_config.membership();
        let voters: BTreeSet<u64> = membership.get_joint_config().last().cloned().unwrap_or_default();
        let nodes: BTreeSet<u64> = membership.nodes().map(|(node, _)| *node).collect();
        (membership.get_joint_config().len() > 1, voters, nodes)
    };
    if joint {
        return change(raft, ChangeMembers::ReplaceAllVoters(voters)).await;
    }
    for (node, member) in members {
        if !nodes.contains(node) && !member.removing {
            tracing::info!(node = group.node, peer = node, addr = member.peer_addr, "a node becomes a learner");
            let peer = Peer { addr: member.peer_addr.clone() };
            return in_time(raft.add_learner(*node, peer, false)).await;
        }
    }
    let standings = group.standings();
    for (node, member) in members {
        if member.removing {
            return remove(group, raft, *node, &voters, &nodes, &standings).await;
        }
        if member.promote {
            return promote_one(group, raft, *node, &voters, &standings).await;
        }
    }
    promote(group, raft, members, &voters, &standings).await
}

async fn change(raft: &Raft, members: ChangeMembers<u64, Peer>) -> Result<(), String> {
    in_time(raft.change_membership(members, true)).await
}

/// Waits for openraft, which has no deadline of its own, for [`CHANGE_WAIT`]: a change that is under way by then is found in the next
/// round, and finished if it is half done.
async fn in_time<T, E: std::fmt::Display>(change: impl Future<Output = Result<T, E>>) -> Result<(), String> {
    match tokio::time::timeout(CHANGE_WAIT, change).await {
        Ok(result) => result.map(drop).map_err(|error| error.to_string()),
        Err(_) => Err("the change takes long, and is looked at again".into()),
    }
}

/// Why `voters` could not work as a quorum now; None if they could.
fn objection(voters: &BTreeSet<u64>, standings: &BTreeMap<u64, Standing>) -> Option<String> {
    if voters.is_empty() {
        return Some("the last voter cannot be removed".into());
    }
    let fit = voters.iter().filter(|node| standings.get(node).is_some_and(Standing::is_fit)).count();
    let needed = voters.len() / 2 + 1;
    (fit < needed).then(|| {
        format!(
            "of the {} voters that would remain only {fit} are alive and caught up, and {needed} are needed",
            voters.len()
        )
    })
}

async fn refuse(group: &Group, node: u64, why: &str) {
    group.propose_own(own::refuse(node, why)).await;
}

async fn settle(group: &Group, node: u64, gone: bool) {
    group.propose_own(own::settle(node, gone)).await;
}

async fn remove(
    group: &Arc<Group>,
    raft: &Raft,
    node: u64,
    voters: &BTreeSet<u64>,
    nodes: &BTreeSet<u64>,
    standings: &BTreeMap<u64, Standing>,
) -> Result<(), String> {
    if voters.contains(&node) {
        let rest: BTreeSet<u64> = voters.iter().copied().filter(|voter| *voter != node).collect();
        if let Some(why) = objection(&rest, standings) {
            refuse(group, node, &format!("node {node} is not removed: {why}")).await;
            return Ok(());
        }
        if node == group.node {
            // Whoever leads then goes on with it.
            return hand_over(group).await;
        }
        if rest.len().is_multiple_of(2) {
            tracing::warn!(
                node = group.node,
                voters = rest.len(),
                "an even number of voters remains: it protects no more than one fewer"
            );
        }
        return change(raft, ChangeMembers::RemoveVoters([node].into())).await;
    }
    if nodes.contains(&node) {
        return change(raft, ChangeMembers::RemoveNodes([node].into())).await;
    }
    settle(group, node, true).await;
    Ok(())
}

async fn promote_one(
    group: &Arc<Group>,
    raft: &Raft,
    node: u64,
    voters: &BTreeSet<u64>,
    standings: &BTreeMap<u64, Standing>,
) -> Result<(), String> {
    if voters.contains(&node) {
        settle(group, node, false).await;
        return Ok(());
    }
    let mut all = voters.clone();
    all.insert(node);
    if !standings.get(&node).is_some_and(|standing| group.can_vote(standing)) {
        refuse(group, node, &format!("node {node} is not promoted: it is not alive or has not caught up")).await;
        return Ok(());
    }
    if let Some(why) = objection(&all, standings) {
        refuse(group, node, &format!("node {node} is not promoted: {why}")).await;
        return Ok(());
    }
    change(raft, ChangeMembers::AddVoterIds([node].into())).await
}

/// Makes voters of as many learners as give an odd number.
async fn promote(
    group: &Group,
    raft: &Raft,
    members: &BTreeMap<u64, Member>,
    voters: &BTreeSet<u64>,
    standings: &BTreeMap<u64, Standing>,
) -> Result<(), String> {
    let fit: Vec<u64> = members
        .iter()
        .filter(|(node, member)| {
            !member.learner_only
                && !voters.contains(node)
                && standings.get(node).is_some_and(|standing| group.can_vote(standing))
        })
        .map(|(node, _)| *node)
        .collect();
    let count = promotable(voters.len(), fit.len());
    if count == 0 {
        return Ok(());
    }
    let chosen: BTreeSet<u64> = fit.into_iter().take(count).collect();
    let mut all = voters.clone();
    all.extend(&chosen);
    if objection(&all, standings).is_some() {
        return Ok(());
    }
    tracing::info!(node = group.node, peers = ?chosen, "learners have caught up and become voters");
    change(raft, ChangeMembers::AddVoterIds(chosen)).await
}

/// How many of `learners` make the number of voters odd.
fn promotable(voters: usize, learners: usize) -> usize {
    if (voters + learners) % 2 == 1 { learners } else { learners.saturating_sub(1) }
}

/// Why a learner waits, for RAFT.NODES.
pub fn why_waiting(member: &Member, standing: Option<&Standing>, voters: usize) -> String {
    if member.learner_only {
        return "it was added as a learner: RAFT.PROMOTE makes it a voter".into();
    }
    match standing {
        None => "it is not a member of the group yet".into(),
        Some(standing) if !standing.alive => "it has not been heard lately".into(),
        Some(standing) if standing.lag > CAUGHT_UP_ENTRIES => format!("it is {} entries behind", standing.lag),
        Some(_) if voters % 2 == 1 => {
            format!("{} voters would be an even number: it waits for one more node", voters + 1)
        }
        Some(_) => "it is about to become a voter".into(),
    }
}

/// How the members are, from the leader, wherever it is; empty if there is none. One that no quorum answers still knows what it knew.
pub async fn standings(group: &Arc<Group>) -> BTreeMap<u64, Standing> {
    if group.raft_standing().is_elected {
        return group.standings();
    }
    let Some(leader) = group.leader().filter(|leader| leader.node != group.node) else { return BTreeMap::new() };
    match group.links.ask(leader.node, group.id, &Question::Standings, Duration::from_secs(1)).await {
        Some(PeerAnswer::Standings(all)) => all.into_iter().collect(),
        _ => BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests;
