//! How a group's Raft begins, and how it ends. What a node does with it, and in which order, is `node/`'s.
//!
//! Invariant: Raft starts on a log that goes on from the newest snapshot, wherever the last process ended: [`restore`] comes before
//! [`start`], and what it returns says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use openraft::SnapshotPolicy;
use openraft::async_runtime::watch::WatchReceiver;

use super::group::{Raft, put_state, raft_meta};
use super::peer::Network;
use super::timing::{ELECTION_TIMEOUT_MAX, ELECTION_TIMEOUT_MIN, HEARTBEAT};
use super::types::{LogId, Peer};
use super::{Group, StateMachine};
use crate::error::Fatal;
use crate::sys::version::objection;

/// A group whose state is that of its newest snapshot, and whose log follows it.
pub struct Restored {
    applied: Option<LogId>,
}

/// Puts the newest snapshot into the group's state, and has its log follow: what contradicts the snapshot was never committed, and goes.
///
/// # Errors
/// The snapshot is damaged or of a newer version, or something is missing between the two; the disk's.
pub async fn restore(group: &Arc<Group>) -> Result<Restored, Fatal> {
    let dir = group.snapshots.dir.clone();
    let loaded = group.env.heavy(move || dir.load_latest()).await.map_err(|error| Fatal(error.to_string()))?;
    let mut applied = None;
    if let Some((meta, state)) = loaded {
        if let Some(why) = objection("the data", state.cluster.level, group.env.level) {
            return Err(Fatal(why));
        }
        let meta = raft_meta(&meta)?;
        applied = meta.last_log_id;
        put_state(group, meta.last_membership, applied, state).await;
    }
    if let Some(covers) = applied {
        group.log.clone().follow(covers).await?;
    }
    if group.log.first_index() > applied.map_or(0, |applied| applied.index + 1) {
        return Err(Fatal(format!(
            "the log begins at entry {}, and no snapshot in the directory `snapshots` covers what was before it: files there were \
             deleted. Bring back exactly what was there, or start once with --rebuild to take another member's state",
            group.log.first_index()
        )));
    }
    Ok(Restored { applied })
}

/// Starts Raft. `skip_entry`: this entry is applied as empty.
///
/// # Errors
/// Raft's.
pub async fn start(group: &Arc<Group>, restored: Restored, skip_entry: Option<u64>) -> Result<(), Fatal> {
    if let Some(last) = group.log.last_log_id() {
        group.progress.begin_with(&last);
    }
    let machine = StateMachine::new(group.clone(), restored.applied, skip_entry);
    let raft = Raft::new(group.node, Arc::new(config()?), Network(group.clone()), group.log.clone(), machine)
        .await
        .map_err(|error| Fatal(format!("Raft cannot start: {error}")))?;
    group.set_raft(raft);
    Ok(())
}

fn config() -> Result<openraft::Config, Fatal> {
    let config = openraft::Config {
        cluster_name: "lockstep".into(),
        heartbeat_interval: HEARTBEAT.as_millis() as u64,
        election_timeout_min: ELECTION_TIMEOUT_MIN.as_millis() as u64,
        election_timeout_max: ELECTION_TIMEOUT_MAX.as_millis() as u64,
        heartbeat_min_interval: Some(25),
        enable_pre_vote: Some(true),
        enable_leader_restore: Some(false),
        snapshot_policy: SnapshotPolicy::Never,
        max_in_snapshot_log_to_keep: u64::MAX,
        api_batch_linger_ms: 0,
        broadcast_submitted_on_append: Some(true),
        max_payload_entries: 1024,
        replication_lag_threshold: u64::MAX,
        install_snapshot_timeout: 600_000,
        ..openraft::Config::default()
    };
    config.validate().map_err(|error| Fatal(error.to_string()))
}

impl Group {
    /// Begins a cluster of this node alone, unless that was done by an earlier process.
    ///
    /// # Errors
    /// Raft has stopped, or does not run.
    pub async fn found(&self, peer_addr: &str) -> Result<(), Fatal> {
        let raft = self.raft().ok_or_else(|| Fatal("Raft does not run".into()))?;
        if raft.is_initialized().await.map_err(|error| Fatal(error.to_string()))? {
            return Ok(());
        }
        let members = BTreeMap::from([(self.node, Peer { addr: peer_addr.to_owned() })]);
        raft.initialize(members).await.map_err(|error| Fatal(format!("the cluster cannot begin: {error}")))
    }

    /// Returns when Raft has stopped by itself, with the reason.
    pub async fn stopped(&self) -> String {
        let Some(raft) = self.raft() else { return std::future::pending().await };
        let mut metrics = raft.server_metrics();
        while metrics.changed().await.is_ok() {}
        match raft.is_initialized().await {
            Err(fatal) => fatal.to_string(),
            Ok(_) => "Raft has stopped".into(),
        }
    }

    /// Stops Raft.
    pub async fn shutdown(&self) {
        if let Some(raft) = self.raft() {
            // It fails only if its task has ended already.
            let _ = raft.shutdown().await;
        }
    }
}
