//! What a start makes of what the last process left.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use openraft::storage::{RaftLogStorage, RaftLogStorageExt};

use super::*;
use crate::replication::log::MemoryDisk;
use crate::replication::snapshot::raft_meta;
use crate::replication::testing::Alone;
use crate::replication::types::{CommittedLeaderId, Entry, EntryPayload, LogId, SnapshotMeta, Vote, scope};
use crate::snapshot::{MemoryStore, Meta};
use crate::sys::env::{BoxStream, Listener};
use openraft::vote::RaftLeaderId;

/// A port that nobody connects to.
struct Quiet;

impl Listener for Quiet {
    fn accept(&self) -> Pin<Box<dyn Future<Output = io::Result<BoxStream>> + Send + '_>> {
        Box::pin(std::future::pending())
    }

    fn port(&self) -> u16 {
        6379
    }
}

/// What a machine keeps of its node.
#[derive(Default)]
struct Machine {
    files: Arc<MemoryFiles>,
    log: MemoryDisk,
    snapshots: MemoryStore,
}

impl Machine {
    async fn start(&self) -> Result<Node, Fatal> {
        let clocks = Arc::new(crate::sys::clock::SystemClocks);
        let env = Env { clocks, net: Arc::new(Alone), random: Arc::new(|| 7), threads: false };
        let storage = Storage {
            files: self.files.clone(),
            log: Arc::new(self.log.open(Duration::from_millis(1))),
            snapshots: Arc::new(self.snapshots.clone()),
        };
        let ports = Ports { clients: Box::new(Quiet), peers: Box::new(Quiet) };
        Node::start(env, Settings::default(), StartOptions::default(), || Ok(storage), ports).await
    }
}

/// A snapshot of a later leader was received and made the newest, and the power was lost before the log had followed it.
#[tokio::test(start_paused = true)]
async fn a_log_that_contradicts_the_newest_snapshot_follows_it() {
    scope(1, async {
        // How far the snapshot reaches beyond what both have, of three entries more in the log.
        for covers in [1, 3, 5] {
            let machine = Machine::default();
            let node = machine.start().await.unwrap();
            while !node.group.is_recovered() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            replication::snapshot::take(&node.group).await.unwrap();
            let dir = node.group.snapshots.dir.clone();
            node.stop().await;

            let (meta, image) = dir.load_latest().unwrap().unwrap();
            let mut log =
                LogStore::open(Arc::new(machine.log.open(Duration::from_millis(1))), 0, LogOptions::default())
                    .await
                    .unwrap();
            let last = log.last_log_id().unwrap();
            let id = |term, behind| LogId {
                leader_id: CommittedLeaderId::new(last.leader_id.term + term, 1),
                index: last.index + behind,
            };
            let tail = (1..=3).map(|behind| Entry { log_id: id(0, behind), payload: EntryPayload::Blank });
            log.blocking_append(tail.collect::<Vec<_>>()).await.unwrap();
            log.save_vote(&Vote::new(last.leader_id.term + 2, 1)).await.unwrap();
            let covers = id(1, covers);
            let of =
                SnapshotMeta { last_log_id: Some(covers), last_membership: raft_meta(&meta).unwrap().last_membership };
            let mut raft = Vec::new();
            replication::codec::put_snapshot_meta(&mut raft, &of);
            dir.write(&image, &Meta::of(&image, 0, covers.index, covers.leader_id.term, raft), 0).unwrap();
            machine.log.crash();
            machine.snapshots.crash(|| false);

            let node = machine.start().await.unwrap_or_else(|why| panic!("{covers}: {why}"));
            while !node.group.is_recovered() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert!(node.group.applied().index > covers.index);
            assert_eq!(node.group.log.first_index(), covers.index + 1);
        }
    })
    .await;
}
