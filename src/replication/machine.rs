//! openraft's state machine: feeds committed entries to [`super::apply`] and keeps what comes of them.
//!
//! Invariants: the applied index rises by one with each entry (asserted in release builds too); replies are sent after the gate is
//! released; heavy entries, also by what this node's clients read beside their writes, run on a thread of their own while Raft's timers go on.

use std::sync::Arc;

use futures::{Stream, StreamExt};
use openraft::entry::RaftEntry;
use openraft::storage::{EntryResponder, RaftStateMachine};

use super::snapshot::{SnapshotBuilder, SnapshotData};
use super::types::{Entry, EntryPayload, LogId, SnapshotMeta, StoredMembership, TypeConfig};
use super::{Group, snapshot};
use crate::executor::apply::{Outcome, apply};
use crate::executor::entry::{Content, decode};
use crate::executor::prepare::Prepared;
use crate::executor::send_answers;

/// See the module's header.
pub struct Machine {
    group: Arc<Group>,
    applied: Option<LogId>,
    /// `--skip-entry`.
    skip: Option<u64>,
}

impl Machine {
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
        match entry.payload {
            EntryPayload::Blank => {}
            EntryPayload::Membership(membership) => {
                *self.group.membership.lock() = StoredMembership::new(Some(log_id), membership);
            }
            EntryPayload::Normal(payload) if self.skip != Some(index) => {
                let entry = decode(&payload.0)
                    .and_then(Prepared::new)
                    .map_err(|what| std::io::Error::other(format!("log entry {index} cannot be applied: {what}")))?;
                self.run(index, entry).await?;
            }
            EntryPayload::Normal(_) => {
                crate::sys::log::warning(&format!("entry {index} is skipped, as --skip-entry asks"));
            }
        }
        self.applied = Some(log_id);
        self.group.set_applied(&log_id);
        Ok(())
    }

    async fn run(&mut self, index: u64, entry: Prepared) -> std::io::Result<()> {
        let stamp = entry.stamp;
        let group = self.group.clone();
        let mut state = group.gate.write().await;
        // A group's own reads between its writes run where the entry is applied.
        let reads_much = match &entry.content {
            Content::Batch(batch) => group.origin.has_heavy_read(batch.boot, batch.seq, &state),
            _ => false,
        };
        let heavy = entry.is_heavy() || reads_much;
        super::applying(index);
        let own = {
            let group = group.clone();
            move |boot, seq| group.origin.take(boot, seq)
        };
        let outcome = if heavy {
            let env = self.group.env.clone();
            let (guard, outcome) = env
                .heavy(move || {
                    let outcome = apply(&mut state, index, entry, own);
                    (state, outcome)
                })
                .await;
            state = guard;
            outcome
        } else {
            apply(&mut state, index, entry, own)
        };
        self.group.note_digest(index, state.digest.value());
        self.group.note_options(&state.options);
        self.group.note_cluster(&state.cluster);
        let now_ms = state.now_ms();
        drop(state);
        self.group.clock.applied(now_ms);
        if stamp.digest_index != 0 {
            self.group.compare_digest(stamp.digest_index, stamp.digest).map_err(std::io::Error::other)?;
        }
        self.finish(index, outcome);
        Ok(())
    }

    /// What is due after the gate is released.
    fn finish(&mut self, index: u64, outcome: Outcome) {
        if let Some((node, nonce, boot)) = outcome.booted
            && node == self.group.node
        {
            self.group.origin.booted(nonce, boot);
        }
        if let Some(boot) = outcome.ended {
            self.group.origin.ended(boot);
        }
        send_answers(outcome.answers, index);
        let effects = outcome.effects;
        self.group.key_stats.expired.fetch_add(effects.expired, std::sync::atomic::Ordering::Relaxed);
        self.group.key_stats.looked_up(effects.looked_up);
        if self.group.env.threads && !(effects.garbage.is_empty() && effects.flushed.is_empty()) {
            // Large values are freed where nobody waits.
            drop(tokio::task::spawn_blocking(move || drop(effects)));
        }
    }
}

impl RaftStateMachine<TypeConfig> for Machine {
    type SnapshotData = SnapshotData;
    type SnapshotBuilder = SnapshotBuilder;

    async fn applied_state(&mut self) -> std::io::Result<(Option<LogId>, StoredMembership)> {
        Ok((self.applied, self.group.membership.lock().clone()))
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
