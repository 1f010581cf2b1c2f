//! Handing the lead over, for RAFT.TRANSFER and a graceful stop: only to a voter that has all of the log.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Group;
use super::peer::message::{PeerAnswer, Question};
use super::standing::{CAUGHT_UP_ENTRIES, Standing};

/// How long a transfer may take.
const TRANSFER_WAIT: Duration = Duration::from_secs(2);

/// RAFT.TRANSFER: hands the lead to `node`, wherever the leader is.
///
/// # Errors
/// Why not.
pub async fn transfer(group: &Arc<Group>, node: u64) -> Result<(), String> {
    let Some(leader) = group.leader() else { return Err("there is no leader".into()) };
    if leader.node == group.node {
        return hand_lead_to(group, node).await;
    }
    match group.links.ask(leader.node, group.id, &Question::HandOver(node), TRANSFER_WAIT * 2).await {
        Some(PeerAnswer::HandOver(why)) if why.is_empty() => {
            let mut leaders = group.watch_leader();
            let arrived = leaders.wait_for(|leader| leader.is_some_and(|leader| leader.node == node));
            let arrived = tokio::time::timeout(TRANSFER_WAIT, arrived).await;
            if matches!(arrived, Ok(Ok(_))) { Ok(()) } else { Err("the new leader was not heard in time".into()) }
        }
        Some(PeerAnswer::HandOver(why)) => Err(why),
        _ => Err("the leader does not answer".into()),
    }
}

/// The leader's part: never to a node that lags, because a transfer that fails stops heartbeats until someone is elected.
///
/// # Errors
/// Why not.
pub async fn hand_lead_to(group: &Arc<Group>, node: u64) -> Result<(), String> {
    let Some(raft) = group.raft().filter(|_| group.leads()) else { return Err("this node does not lead".into()) };
    if node == group.node {
        return Ok(());
    }
    let until = tokio::time::Instant::now() + TRANSFER_WAIT;
    loop {
        let standings = group.standings();
        let standing = standings.get(&node).filter(|standing| standing.voter);
        let Some(standing) = standing else { return Err(format!("node {node} is no voter")) };
        if !standing.alive {
            return Err(format!("node {node} is not alive"));
        }
        if standing.lag == 0 {
            break;
        }
        if standing.lag > CAUGHT_UP_ENTRIES || tokio::time::Instant::now() > until {
            return Err(format!("node {node} is {} entries behind", standing.lag));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut leaders = group.watch_leader();
    raft.trigger().transfer_leader(node).await.map_err(|error| error.to_string())?;
    let arrived = leaders.wait_for(|leader| leader.is_some_and(|leader| leader.node == node));
    match tokio::time::timeout(TRANSFER_WAIT, arrived).await {
        Ok(Ok(_)) => Ok(()),
        _ => Err(format!("node {node} did not take the lead in time")),
    }
}

/// Hands the lead to the live voter that has most of the log, once it has all of it: the one way to hand over without being told to whom.
///
/// # Errors
/// Why not.
pub async fn hand_over(group: &Arc<Group>) -> Result<(), String> {
    match best_successor(group, &group.standings()) {
        Some(next) => hand_lead_to(group, next).await,
        None => Err("there is no voter to hand the lead to".into()),
    }
}

fn best_successor(group: &Group, standings: &BTreeMap<u64, Standing>) -> Option<u64> {
    standings
        .iter()
        .filter(|(node, standing)| **node != group.node && standing.voter && standing.alive)
        .max_by_key(|(_, standing)| standing.matched)
        .map(|(node, _)| *node)
}
