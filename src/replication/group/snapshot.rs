//! Snapshots as openraft wants them, around [`crate::snapshot`]; and the task that takes them and purges the log by bytes.
//!
//! Invariants
//! - A snapshot is an image of the state at the applied index, taken on the task that applies; writing it needs no lock.
//! - The log is purged only behind a durable snapshot, and the last `log-keep` bytes stay, whoever is away.
//! - A snapshot from a peer is the newest from when Raft has accepted it, not before: Raft refuses one of a leader that was deposed while
//!   it was sent. It is so, on disk, before the state counts as installed: from then on the log that it covers goes.
//! - What goes wrong with a snapshot while Raft runs ([`failures`]) does not stop it: openraft, to which each error from here is the end, is
//!   told of none that another try, or an operator with a larger disk, can mend.

mod failures;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use openraft::storage::RaftSnapshotBuilder;
use openraft::type_config::alias::SnapshotOf;
use tokio::sync::watch;

use self::failures::Failures;
use super::Group;
use crate::executor::Installed;
use crate::replication::codec::{Decoder, put_snapshot_meta};
use crate::replication::types::{LogId, SnapshotMeta, StoredMembership, TypeConfig};
use crate::snapshot::{Meta, ReceivedSnapshot, SnapshotDir};
use crate::store::State;

/// See [`take`].
const REQUEST_AGAIN: Duration = Duration::from_millis(500);

/// What openraft passes around as a snapshot.
pub enum SnapshotData {
    /// The newest in the directory.
    Newest,
    /// From a peer, checked: the newest once it is installed.
    Received(Box<ReceivedSnapshot>),
}

/// openraft's snapshot.
pub type Snapshot = SnapshotOf<TypeConfig, SnapshotData>;

/// A group's snapshots.
pub struct Snapshots {
    /// Their files.
    pub dir: SnapshotDir,
    /// What INFO shows of them.
    pub stats: SnapshotStats,
    /// Those that could not be written.
    pub failures: Failures,
    /// `log-keep`, bytes.
    pub log_keep: AtomicU64,
    /// How many tries have ended, well or not.
    tries: watch::Sender<u64>,
}

/// What INFO shows of a group's snapshots.
#[derive(Debug, Default)]
pub struct SnapshotStats {
    /// Snapshots taken by this process.
    pub taken: AtomicU64,
    /// Snapshots installed from peers by this process.
    pub installed: AtomicU64,
    /// Wall clock when the last one was taken, s.
    pub last_s: AtomicU64,
    /// Bytes of the last one.
    pub last_bytes: AtomicU64,
    /// 1 while one is being written.
    pub in_progress: AtomicU64,
    /// When that one, or the last one, was begun, ns of the monotonic clock.
    pub began_ns: AtomicU64,
    /// How many were begun.
    pub begun: AtomicU64,
    /// How long the last one took that has ended, well or not, ns.
    pub last_took_ns: AtomicU64,
}

impl Snapshots {
    pub(in crate::replication) fn new(dir: SnapshotDir) -> Self {
        let (stats, failures, tries) = (SnapshotStats::default(), Failures::default(), watch::Sender::new(0));
        Self { dir, stats, failures, log_keep: AtomicU64::new(256 << 20), tries }
    }

    /// The last index that the newest covers; 0 = there is none.
    pub fn covered(&self) -> u64 {
        self.dir.latest().map_or(0, |id| id.last_index)
    }
}

/// Writes an image.
pub struct SnapshotBuilder {
    group: Arc<Group>,
    image: Option<State>,
    meta: SnapshotMeta,
}

/// Takes the image; runs on the task that applies.
pub async fn builder(group: &Arc<Group>, applied: Option<LogId>) -> SnapshotBuilder {
    let image = group.executor.image().await;
    let membership = group.members.membership.lock().clone();
    let meta = SnapshotMeta { last_log_id: applied, last_membership: membership };
    SnapshotBuilder { group: group.clone(), image: Some(image), meta }
}

impl RaftSnapshotBuilder<TypeConfig> for SnapshotBuilder {
    type SnapshotData = SnapshotData;

    async fn build_snapshot(&mut self) -> std::io::Result<Snapshot> {
        let image = self.image.take().ok_or_else(|| std::io::Error::other("a snapshot builder was used twice"))?;
        let group = self.group.clone();
        let mut raft = Vec::new();
        put_snapshot_meta(&mut raft, &self.meta);
        let (index, term) = self.meta.last_log_id.map_or((0, 0), |id| (id.index, id.leader_id.term));
        let Snapshots { stats, failures, tries, .. } = &group.snapshots;
        let began_ns = group.env.clocks.monotonic_ns();
        stats.began_ns.store(began_ns, Ordering::Relaxed);
        stats.begun.fetch_add(1, Ordering::Relaxed);
        stats.in_progress.store(1, Ordering::Relaxed);
        let dir = group.snapshots.dir.clone();
        let (id, keep_free) = (group.id, group.disk_floor());
        let result = group
            .env
            .heavy(move || {
                let meta = Meta::of(&image, id, index, term, raft);
                dir.write(&image, &meta, keep_free)
            })
            .await;
        let took_ns = group.env.clocks.monotonic_ns().saturating_sub(began_ns);
        stats.last_took_ns.store(took_ns, Ordering::Relaxed);
        stats.in_progress.store(0, Ordering::Relaxed);
        let meta = match result {
            Ok(summary) => {
                stats.taken.fetch_add(1, Ordering::Relaxed);
                stats.last_bytes.store(summary.bytes, Ordering::Relaxed);
                stats.last_s.store(group.env.clocks.wall_ms() / 1000, Ordering::Relaxed);
                failures.end();
                tracing::info!(node = group.node, index, bytes = summary.bytes, "took a snapshot");
                self.meta.clone()
            }
            Err(error) => {
                let why = error.to_string();
                if failures.note(&why) {
                    tracing::warn!(
                        node = group.node,
                        index,
                        error = why,
                        "a snapshot failed, and is tried again later; until then the log only grows"
                    );
                }
                // One that covers nothing: openraft goes on with the one before.
                SnapshotMeta::default()
            }
        };
        tries.send_modify(|ended| *ended += 1);
        Ok(Snapshot { meta, snapshot: SnapshotData::Newest })
    }
}

/// The newest snapshot. Its file is opened when it is sent: a transfer that fails is begun again.
pub async fn current(group: &Arc<Group>) -> std::io::Result<Option<Snapshot>> {
    let dir = group.snapshots.dir.clone();
    let Some(meta) = group.env.heavy(move || dir.latest_meta()).await? else { return Ok(None) };
    Ok(Some(Snapshot { meta: raft_meta(&meta)?, snapshot: SnapshotData::Newest }))
}

/// openraft's part of a snapshot's meta.
///
/// # Errors
/// It was written by another version, or damaged before it was written.
pub fn raft_meta(meta: &Meta) -> std::io::Result<SnapshotMeta> {
    let mut reader = Decoder::new(bytes::Bytes::copy_from_slice(&meta.raft));
    let raft = reader.snapshot_meta().map_err(std::io::Error::other)?;
    reader.finish().map_err(std::io::Error::other)?;
    Ok(raft)
}

/// Puts a received state in the place of the present one.
pub async fn install(group: &Arc<Group>, meta: &SnapshotMeta, data: SnapshotData) -> std::io::Result<()> {
    let dir = group.snapshots.dir.clone();
    let loaded = group.env.heavy(move || match data {
        SnapshotData::Received(received) => received.publish().map(Some),
        SnapshotData::Newest => dir.load_latest(),
    });
    let Some((_, state)) = loaded.await? else { return Err(std::io::Error::other("there is no snapshot")) };
    put_state(group, meta.last_membership.clone(), meta.last_log_id, state).await;
    group.snapshots.stats.installed.fetch_add(1, Ordering::Relaxed);
    let index = meta.last_log_id.map_or(0, |id| id.index);
    tracing::info!(node = group.node, index, "installed a snapshot: this node was brought up to date by it");
    Ok(())
}

/// Puts a state that covers the log up to `applied` in the place of the present one, and tells everybody who follows it.
pub async fn put_state(group: &Arc<Group>, membership: StoredMembership, applied: Option<LogId>, state: State) {
    let boot = group.origin.boot();
    let Installed { moved, last_seq } = group.executor.install(state, boot).await;
    group.state_moved(applied.as_ref(), Some(moved), Some(membership));
    if boot.is_some() {
        group.origin.skipped_to(last_seq);
    }
}

/// RAFT.SNAPSHOT: takes a snapshot that covers all that is applied now, and returns when it is on disk.
///
/// # Errors
/// Why not.
pub async fn take(group: &Arc<Group>) -> Result<(), String> {
    let Some(raft) = group.raft() else { return Err("Raft does not run".into()) };
    let index = group.applied().index;
    let snapshots = &group.snapshots;
    let failed = snapshots.failures.count();
    let mut tries = snapshots.tries.subscribe();
    loop {
        tries.mark_unchanged();
        raft.trigger().snapshot().await.map_err(|error| error.to_string())?;
        // openraft passes over a request that it gets before it has put the one before away: it is made again. The sender lives as
        // long as the group.
        let _ = tokio::time::timeout(REQUEST_AGAIN, tries.changed()).await;
        if snapshots.covered() >= index {
            return Ok(());
        }
        if let Some(why) = snapshots.failures.after(failed) {
            return Err(format!("the snapshot could not be written: {why}"));
        }
    }
}

/// Takes snapshots and purges the log, by bytes, until the future is dropped.
pub async fn drive_snapshots(group: Arc<Group>) {
    let Some(raft) = group.raft() else { return };
    let Snapshots { stats, failures, log_keep, .. } = &group.snapshots;
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let applied = group.applied().index;
        let keep = log_keep.load(Ordering::Relaxed);
        let newest = group.snapshots.covered();
        let bytes = group.log.bytes_between(newest + 1, applied + 1);
        let due = keep.max(stats.last_bytes.load(Ordering::Relaxed));
        if bytes > due
            && stats.in_progress.load(Ordering::Relaxed) == 0
            && !failures.pause()
            && raft.trigger().snapshot().await.is_err()
        {
            return;
        }
        if let Some(index) = group.log.last_index_with_bytes_behind(keep) {
            let upto = if crate::planted::is("the log is purged before there is a snapshot") {
                index
            } else {
                index.min(newest)
            };
            if upto >= group.log.first_index() && raft.trigger().purge_log(upto).await.is_err() {
                return;
            }
        }
    }
}
