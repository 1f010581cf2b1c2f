//! A node whose state was found to differ from the leader's (design 3, Digest): it does not start again on that state, and
//! `--rebuild` takes another one from a member.
//!
//! Invariants
//! - What was found is on disk before the process ends by it, and stays there until a member's state is.
//! - Log and vote stay: this node has promised entries that a leader may count as committed. Only what contradicts the state goes, as
//!   at any start ([`LogStore::follow`](crate::replication::log::LogStore::follow)).
//! - The new state covers everything before the log's first entry, so nothing is missing between the two.

use std::sync::Arc;
use std::time::Duration;

use super::Files;
use crate::error::Fatal;
use crate::replication::Group;
use crate::replication::offline::other_members;
use crate::replication::peer::fetch_state;

const FILE: &str = "diverged";
const RETRY: Duration = Duration::from_millis(500);
const WHAT_TO_DO: &str = "Look at the logs of all nodes before you go on: if several say so at once, it may be the leader that is wrong. Start this node \
     with --rebuild to take the state of another member (log and vote stay), or remove it (RAFT.REMOVE) and join again with an \
     empty --dir";

/// Notes on disk what was found; what the process ends with.
pub fn diverged(files: &dyn Files, why: &str) -> Fatal {
    if let Err(error) = files.write(FILE, why) {
        tracing::warn!(%error, "that this node's state is wrong cannot be stored");
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
    if group.log.last_log_id().is_none() && group.snapshots.dir.latest().is_none() {
        // A new node has nothing that could be wrong.
        return Ok(());
    }
    let members = other_members(group).await?;
    if members.is_empty() {
        return Err(Fatal("--rebuild takes the state of another member, and this node knows of none".into()));
    }
    let newest = group.snapshots.dir.latest().map_or(0, |newest| newest.last_index);
    let at_least = newest.max(group.log.first_index().saturating_sub(1));
    tracing::info!(node = group.node, peers = ?members, at_least, "--rebuild: asking the members for their state");
    'asking: loop {
        for member in &members {
            match fetch_state(group, *member, at_least).await {
                Ok(index) => {
                    tracing::info!(node = group.node, index, "--rebuild: took the state of node {member}");
                    break 'asking;
                }
                Err(error) => {
                    tracing::warn!(node = group.node, peer = member, %error, "--rebuild: a member has not given its state");
                }
            }
            if let Some(why) = group.links.identity().expelled.lock().clone() {
                return Err(Fatal(why));
            }
        }
        tokio::time::sleep(RETRY).await;
    }
    Ok(files.write(FILE, "")?)
}

#[cfg(test)]
mod tests {
    use super::super::MemoryFiles;
    use super::*;

    #[test]
    fn digest_difference_is_reported_until_the_state_is_rebuilt() {
        let files = MemoryFiles::default();
        assert!(refuse_a_diverged_state(&files, false).is_ok());
        assert!(diverged(&files, "it differs").0.starts_with("it differs. "));
        let refused = refuse_a_diverged_state(&files, false).unwrap_err().0;
        assert!(refused.starts_with("it differs. ") && refused.contains("--rebuild"), "{refused}");
        assert!(refuse_a_diverged_state(&files, true).is_ok());
        assert!(refuse_a_diverged_state(&files, false).is_err(), "not rebuilt yet");
    }
}
