//! Snapshots that fail, beside a Raft that goes on.

use super::super::StateMachine;
use super::*;
use crate::replication::peer::Network;
use crate::replication::testing::{Alone, OWN, group_on, log_id};
use crate::replication::types::scope;
use crate::snapshot::{MemoryStore, SnapshotStore};

/// A cluster of one node, which leads, with a snapshot at entry 5 and more applied since.
async fn leader() -> (Arc<Group>, MemoryStore) {
    let store = MemoryStore::new();
    let group = group_on(OWN, Arc::new(Alone), false, store.clone()).await;
    let machine = StateMachine::new(group.clone(), Some(log_id(OWN, 5)), None);
    let config = Arc::new(openraft::Config { snapshot_policy: openraft::SnapshotPolicy::Never, ..Default::default() });
    let raft =
        crate::replication::Raft::new(1, config, Network(group.clone()), group.log.clone(), machine).await.unwrap();
    group.set_raft(raft);
    check_goes_on(&group).await;
    assert_eq!(group.snapshots.dir.latest().map(|id| id.last_index), Some(5));
    (group, store)
}

/// Raft runs, and a write is committed and applied.
async fn check_goes_on(group: &Group) {
    let raft = group.raft().unwrap();
    let before = group.applied().index;
    raft.add_learner(1, crate::replication::types::Peer { addr: "n1:1".into() }, false).await.unwrap();
    assert!(group.applied().index > before);
}

#[tokio::test(start_paused = true)]
async fn failed_snapshot_stops_nothing_and_is_logged_with_its_reason() {
    scope(1, async {
        let (group, store) = leader().await;
        let names = store.list().unwrap();
        let len = store.read(&names[0]).unwrap().len();
        // The disk is full; it is not, but the log needs the rest.
        for (bytes_max, reserve, why) in [(len, 0, "free some space"), (3 * len, 4 * len, "disk-reserve")] {
            store.limit(Some(bytes_max));
            group.note_free_bytes(1 << 40, reserve as u64);
            let told = take(&group).await.unwrap_err();
            assert!(told.starts_with("the snapshot could not be written") && told.contains(why), "{told}");
            assert_eq!(store.list().unwrap(), names);
            assert!(group.snapshots.failures.in_row() > 0);
            check_goes_on(&group).await;
        }
        store.limit(None);
        // Who asks does not wait for the pause.
        assert!(group.snapshots.failures.pause());
        take(&group).await.unwrap();
        assert_eq!(group.snapshots.dir.latest().map(|id| id.last_index), Some(group.applied().index));
        assert!(group.snapshots.failures.in_row() == 0);
        check_goes_on(&group).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn failed_snapshot_is_retried_with_growing_pauses() {
    scope(1, async {
        let (group, store) = leader().await;
        store.limit(Some(0));
        group.snapshots.stats.last_bytes.store(0, Ordering::Relaxed);
        group.snapshots.log_keep.store(0, Ordering::Relaxed);
        let failures = &group.snapshots.failures;
        let driving = crate::sys::task::AbortOnDrop(crate::replication::spawn(drive_snapshots(group.clone())));
        // At once, and after 1, 2, 4, 8 and 16 s.
        tokio::time::sleep(Duration::from_secs(40)).await;
        assert_eq!(failures.count(), 6);
        store.limit(None);
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert!(failures.in_row() == 0);
        drop(driving);
    })
    .await;
}

/// The file of the newest is needed when it is sent, not when Raft asks which one it is.
#[tokio::test(start_paused = true)]
async fn snapshot_that_cannot_be_opened_does_not_stop_raft() {
    scope(1, async {
        let (group, store) = leader().await;
        store.remove(&store.list().unwrap()[0]).unwrap();
        let raft = group.raft().unwrap();
        let newest = raft.get_snapshot().await.unwrap().unwrap();
        assert_eq!(newest.meta.last_log_id, Some(log_id(OWN, 5)));
        check_goes_on(&group).await;
    })
    .await;
}
