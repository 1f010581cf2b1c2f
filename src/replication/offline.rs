//! What can be read from a group's snapshot and log, and done to the log, while Raft does not run.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use openraft::RaftLogReader;
use openraft::storage::{RaftLogStorage, RaftLogStorageExt};
use openraft::vote::RaftLeaderId;

use super::Group;
use super::group::raft_meta;
use super::log::LogStore;
use super::types::{CommittedLeaderId, Entry, EntryPayload, LogId, Membership, Payload, Peer, Vote};
use crate::error::Fatal;
use crate::executor::entry::{Content, Stamp, encode, seal};

/// The other members, of whom snapshot and log tell; their addresses are known from then on.
///
/// # Errors
/// The log cannot be read.
pub async fn other_members(group: &Arc<Group>) -> Result<Vec<u64>, Fatal> {
    let mut newest: Option<Membership> = None;
    let dir = group.snapshots.dir.clone();
    let loaded = group.env.heavy(move || dir.load_latest()).await;
    // A snapshot that cannot be read is no reason not to take another one.
    if let Ok(Some((meta, state))) = loaded {
        newest = raft_meta(&meta).ok().map(|meta| meta.last_membership.membership().clone());
        for (node, member) in &state.cluster.members {
            group.links.set_addr(*node, &member.peer_addr);
        }
    }
    let mut log = group.log.clone();
    let end = group.log.last_log_id().map_or(0, |last| last.index + 1);
    let entries = log.entries_stream(group.log.first_index()..end).await;
    let mut entries = std::pin::pin!(entries);
    while let Some(entry) = entries.next().await {
        if let EntryPayload::Membership(membership) = entry?.payload {
            for (node, peer) in membership.nodes() {
                if group.links.addr(*node).is_none() {
                    group.links.set_addr(*node, &peer.addr);
                }
            }
            newest = Some(membership);
        }
    }
    let members = match &newest {
        Some(membership) => membership.nodes().map(|(node, _)| *node).filter(|node| *node != group.node).collect(),
        // Both are silent on it: those of whom it was told when it joined.
        None => group.links.known(),
    };
    Ok(members)
}

/// Term and index of the log's last entry.
pub fn end_of(log: &LogStore) -> (u64, u64) {
    log.last_log_id().map_or((0, 0), |last| (last.leader_id.term, last.index))
}

/// Makes `node` the only voter: in a higher term than any that it knows, behind all that stands in its log, and in one write, its
/// membership and `content`. Raft then commits them before anything else can be. Durable on return.
///
/// # Errors
/// The disk's.
pub async fn end_alone(log: &LogStore, node: u64, peer_addr: &str, content: &Content) -> Result<(), Fatal> {
    let mut log = log.clone();
    let (term, index) = end_of(&log);
    let term = term.max(log.vote().map_or(0, |vote| vote.leader_id.term)) + 1;
    log.save_vote(&Vote::new_committed(term, node)).await?;
    let at = |behind| LogId { leader_id: CommittedLeaderId::new(term, node), index: index + behind };
    let peers = BTreeMap::from([(node, Peer { addr: peer_addr.to_owned() })]);
    let alone = Membership::new(vec![[node].into()], peers).map_err(|error| Fatal(error.to_string()))?;
    // Time goes on with the first entry of the node as leader.
    let content = Payload(seal(encode(content), Stamp::default()));
    let end = [
        Entry { log_id: at(1), payload: EntryPayload::Membership(alone) },
        Entry { log_id: at(2), payload: EntryPayload::Normal(content) },
    ];
    log.blocking_append(end).await.map_err(|error| Fatal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::log::MemoryDisk;
    use super::super::testing;
    use super::super::types::scope;
    use super::*;

    /// A snapshot that was taken over and reaches beyond the log: what follows stands behind it.
    #[tokio::test(start_paused = true)]
    async fn log_end_is_behind_what_a_snapshot_covers() {
        scope(1, async {
            let disk = MemoryDisk::new();
            let mut log = testing::survivors_log(&disk).await;
            let covers = LogId { leader_id: CommittedLeaderId::new(7, 2), index: 90 };
            log.follow(covers).await.unwrap();
            end_alone(&log, 3, "n3:2", &Content::Tick).await.unwrap();
            assert_eq!(testing::end_alone(&log).await, ((8, 92), Content::Tick));
            assert_eq!(log.first_index(), 91);
            disk.crash();
            assert_eq!(testing::end_alone(&testing::open_log(&disk).await).await, ((8, 92), Content::Tick));
        })
        .await;
    }
}
