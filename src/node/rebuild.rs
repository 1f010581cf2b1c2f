//! A node whose state was found to differ from the leader's (design 3, Digest): it does not start again on that state, and
//! `--rebuild` takes another one from a member.
//!
//! Invariants
//! - What was found is on disk before the process ends by it, and stays there until a member's state is.
//! - Log and vote stay: this node has promised entries that a leader may count as committed. Only an entry that contradicts the
//!   state goes, with all behind it: the state is committed, so they were not, and never will be.
//! - What goes is gone from the disk before the note of what was found is.
//! - The new state covers everything before the log's first entry, so nothing is missing between the two.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use openraft::RaftLogReader;
use openraft::storage::RaftLogStorage;

use super::Files;
use crate::error::Fatal;
use crate::replication::Group;
use crate::replication::log::LogStore;
use crate::replication::peer::fetch_state;
use crate::replication::snapshot::raft_meta;
use crate::replication::types::{EntryPayload, LogId, Membership};

const FILE: &str = "diverged";
const RETRY: Duration = Duration::from_millis(500);
const WHAT_TO_DO: &str = "Look at the logs of all nodes before you go on: if several say so at once, it may be the leader that is wrong. Start this node \
     with --rebuild to take the state of another member (log and vote stay), or remove it (RAFT.REMOVE) and join again with an \
     empty --dir";

/// Notes on disk what was found; what the process ends with.
pub fn diverged(files: &dyn Files, why: &str) -> Fatal {
    if let Err(error) = files.write(FILE, why) {
        crate::log::warning(&format!("that this node's state is wrong cannot be stored: {error}"));
    }
    Fatal(format!("{why}. {WHAT_TO_DO}"))
}

/// Refuses to start on a state that was found to be wrong.
///
/// # Errors
/// What was found, and what to do.
pub fn refuse_a_diverged_state(files: &dyn Files, rebuild: bool) -> Result<(), Fatal> {
    match files.read(FILE)? {
        Some(why) if !rebuild && !why.is_empty() => Err(Fatal(format!("{why}. {WHAT_TO_DO}"))),
        _ => Ok(()),
    }
}

/// Puts a member's state in the place of this node's snapshot; asks one after the other until one gives it.
///
/// # Errors
/// There is nobody to ask, this node was removed, or its disk fails.
pub async fn state_from_a_member(group: &Arc<Group>, files: &dyn Files) -> Result<(), Fatal> {
    if group.log.last_log_id().is_none() && group.snapshots.latest().is_none() {
        // A new node has nothing that could be wrong.
        return Ok(());
    }
    let members = other_members(group).await?;
    if members.is_empty() {
        return Err(Fatal("--rebuild takes the state of another member, and this node knows of none".into()));
    }
    let newest = group.snapshots.latest().map_or(0, |newest| newest.last_index);
    let at_least = newest.max(group.log.first_index().saturating_sub(1));
    crate::log::notice(&format!("--rebuild: asking the members {members:?} for their state at {at_least} or later"));
    let covers = 'asking: loop {
        for member in &members {
            match fetch_state(group, *member, at_least).await {
                Ok(covers) => {
                    crate::log::notice(&format!("--rebuild: took the state of node {member} at {}", covers.index));
                    break 'asking covers;
                }
                Err(error) => crate::log::warning(&format!("--rebuild: node {member} has not given it: {error}")),
            }
            if let Some(why) = group.links.identity().expelled.lock().clone() {
                return Err(Fatal(why));
            }
        }
        tokio::time::sleep(RETRY).await;
    };
    drop_what_contradicts(&mut group.log.clone(), covers).await?;
    Ok(files.write(FILE, "")?)
}

/// Those of whom snapshot and log tell; their addresses are known from then on.
async fn other_members(group: &Arc<Group>) -> Result<Vec<u64>, Fatal> {
    let mut newest: Option<Membership> = None;
    let dir = group.snapshots.clone();
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

/// Cuts the log off before an entry that is not the one which the state has in its place.
async fn drop_what_contradicts(log: &mut LogStore, covers: LogId) -> std::io::Result<()> {
    let at = |index: u64| index..index + 1;
    let own = log.try_get_log_entries(at(covers.index)).await?;
    if own.first().is_none_or(|entry| entry.log_id == covers) {
        return Ok(());
    }
    crate::log::warning(&format!("--rebuild: the log's entries from {} on were never committed, and go", covers.index));
    let before = match covers.index.checked_sub(1) {
        Some(before) => log.try_get_log_entries(at(before)).await?.first().map(|entry| entry.log_id),
        None => None,
    };
    log.truncate_after(before).await?;
    // Writes are made durable in their order, and this one is waited for.
    match log.vote() {
        Some(vote) => log.save_vote(&vote).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use openraft::storage::RaftLogStorageExt;
    use openraft::vote::RaftLeaderId;

    use super::super::MemoryFiles;
    use super::*;
    use crate::replication::log::{LogOptions, MemoryDisk};
    use crate::replication::types::{CommittedLeaderId, Entry, Payload, Vote, scope};

    fn id(term: u64, index: u64) -> LogId {
        LogId { leader_id: CommittedLeaderId::new(term, 1), index }
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_contradicts_the_state_goes() {
        scope(1, async {
            // The log holds entries 5 to 9 of term 2; what the state covers, and what is left then.
            let cases = [
                (id(2, 7), 9),
                (id(2, 9), 9),
                (id(3, 12), 9),
                (id(3, 7), 6),
                (id(3, 9), 8),
                (id(3, 5), 4),
                (id(2, 4), 9),
            ];
            for (covers, left) in cases {
                let disk = MemoryDisk::new();
                let io = Arc::new(disk.open(Duration::from_millis(1)));
                let mut log = LogStore::open(io, 0, LogOptions::default()).await.unwrap();
                let entry =
                    |index| Entry { log_id: id(2, index), payload: EntryPayload::Normal(Payload(Bytes::new())) };
                log.blocking_append((1..=9).map(entry).collect::<Vec<_>>()).await.unwrap();
                log.purge(id(2, 4)).await.unwrap();
                log.save_vote(&Vote::new_committed(2, 1)).await.unwrap();
                drop_what_contradicts(&mut log, covers).await.unwrap();
                assert_eq!(log.last_log_id(), Some(id(2, left)), "the state covers {covers}");
                disk.crash();
                let io = Arc::new(disk.open(Duration::from_millis(1)));
                let log = LogStore::open(io, 0, LogOptions::default()).await.unwrap();
                assert_eq!(log.last_log_id(), Some(id(2, left)), "the state covers {covers}, and the power was lost");
            }
        })
        .await;
    }

    #[test]
    fn what_was_found_is_said_until_the_state_is_rebuilt() {
        let files = MemoryFiles::default();
        assert!(refuse_a_diverged_state(&files, false).is_ok());
        assert!(diverged(&files, "it differs").0.starts_with("it differs. "));
        let refused = refuse_a_diverged_state(&files, false).unwrap_err().0;
        assert!(refused.starts_with("it differs. ") && refused.contains("--rebuild"), "{refused}");
        assert!(refuse_a_diverged_state(&files, true).is_ok());
        assert!(refuse_a_diverged_state(&files, false).is_err(), "not rebuilt yet");
    }
}
