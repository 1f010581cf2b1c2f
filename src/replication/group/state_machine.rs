//! openraft's state machine: feeds committed entries to the executor and keeps what comes of them.
//!
//! Invariants: the applied index rises by one with each entry (asserted in release builds too); a leader's digest is compared before
//! anything of the entry is told.

use std::sync::Arc;

use futures::{Stream, StreamExt};
use openraft::entry::RaftEntry;
use openraft::storage::{EntryResponder, RaftStateMachine};

use super::snapshot::{SnapshotBuilder, SnapshotData};
use super::{Group, snapshot};
use crate::replication::types::{Entry, EntryPayload, LogId, SnapshotMeta, StoredMembership, TypeConfig};

/// See the module's header.
pub struct StateMachine {
    group: Arc<Group>,
    applied: Option<LogId>,
    /// `--skip-entry`.
    skip: Option<u64>,
}

impl StateMachine {
    /// A state machine that starts behind `applied`, as a snapshot left it.
    pub fn new(group: Arc<Group>, applied: Option<LogId>, skip: Option<u64>) -> Self {
        Self { group, applied, skip }
    }

    async fn apply_one(&mut self, entry: Entry) -> std::io::Result<()> {
        let log_id = entry.log_id();
        let index = log_id.index;
        let before = self.applied.as_ref().map(|applied| applied.index);
        // Applying twice or skipping would make two truths: stop instead.
        assert!(before.is_none_or(|before| before + 1 == index), "entry {index} after {before:?}");
        let group = &self.group;
        match entry.payload {
            EntryPayload::Blank => group.state_moved(Some(&log_id), None, None),
            EntryPayload::Membership(membership) => {
                group.state_moved(Some(&log_id), None, Some(StoredMembership::new(Some(log_id), membership)));
            }
            EntryPayload::Normal(payload) if self.skip != Some(index) => self.run(&log_id, payload.0).await?,
            EntryPayload::Normal(_) => {
                tracing::warn!(node = group.node, index, "a log entry is skipped, as --skip-entry asks");
                group.state_moved(Some(&log_id), None, None);
            }
        }
        self.applied = Some(log_id);
        Ok(())
    }

    async fn run(&self, log_id: &LogId, entry: bytes::Bytes) -> std::io::Result<()> {
        let group = &self.group;
        let mut applied = group.executor.apply(log_id.index, entry, group.clone()).await?;
        if let Some((index, digest)) = applied.leader_digest {
            group.digests.compare(index, digest).map_err(std::io::Error::other)?;
        }
        if let Some((node, nonce, boot)) = applied.booted
            && node == group.node
            && group.origin.booted(nonce, boot)
        {
            group.executor.booted(boot);
        }
        if let Some(boot) = applied.ended {
            let is_lost = group.origin.ended(boot);
            if is_lost {
                group.executor.boot_lost();
            }
        }
        let moved = std::mem::take(&mut applied.moved);
        applied.deliver(log_id.index, &group.env);
        group.state_moved(Some(log_id), Some(moved), None);
        Ok(())
    }
}

impl RaftStateMachine<TypeConfig> for StateMachine {
    type SnapshotData = SnapshotData;
    type SnapshotBuilder = SnapshotBuilder;

    async fn applied_state(&mut self) -> std::io::Result<(Option<LogId>, StoredMembership)> {
        Ok((self.applied, self.group.members.membership.lock().clone()))
    }

    async fn apply<Strm>(&mut self, mut entries: Strm) -> std::io::Result<()>
    where
        Strm: Stream<Item = std::io::Result<EntryResponder<TypeConfig>>> + Unpin + Send,
    {
        while let Some(next) = entries.next().await {
            let (entry, responder) = next?;
            self.apply_one(entry).await?;
            if let Some(responder) = responder {
                responder.send(());
            }
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> SnapshotBuilder {
        snapshot::builder(&self.group, self.applied).await
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMeta, data: SnapshotData) -> std::io::Result<()> {
        snapshot::install(&self.group, meta, data).await?;
        self.applied = meta.last_log_id;
        Ok(())
    }

    async fn get_current_snapshot(
        &mut self,
    ) -> std::io::Result<Option<openraft::type_config::alias::SnapshotOf<TypeConfig, SnapshotData>>> {
        snapshot::current(&self.group).await
    }
}

#[cfg(test)]
mod tests;
