//! Transfers that hang, and that do not fit.

use std::pin::Pin;

use openraft::storage::RaftLogStorage;
use parking_lot::Mutex;
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::time::Instant;

use super::super::super::codec::put_snapshot_meta;
use super::super::super::log::{LogOptions, LogStore, MemoryDisk};
use super::super::super::origin::Leader;
use super::super::super::testing::{Pipe, log_id};
use super::super::super::types::{SnapshotMeta, StoredMembership, scope};
use super::super::super::{Parts, StateMachine};
use super::super::handshake::accept;
use super::super::{Identity, PeerConnections, Secret};
use super::*;
use crate::executor::StoreExecutor;
use crate::snapshot::{MemoryStore, Meta, SnapshotDir};
use crate::store::State;
use crate::sys::clock::{ClusterClock, SystemClocks};
use crate::sys::env::{BoxStream, Env, Listener, Net};

/// Whoever connects gets this pipe.
struct OnePipe(Mutex<Option<Pipe>>);

impl Net for OnePipe {
    fn connect<'a>(&'a self, _addr: &'a str) -> Pin<Box<dyn Future<Output = io::Result<BoxStream>> + Send + 'a>> {
        let pipe = self.0.lock().take();
        Box::pin(async move { Ok(Box::new(pipe.ok_or(io::ErrorKind::ConnectionRefused)?) as BoxStream) })
    }

    fn bind<'a>(
        &'a self,
        _host: &'a str,
        _port: u16,
    ) -> Pin<Box<dyn Future<Output = io::Result<Box<dyn Listener>>> + Send + 'a>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }
}

/// A node, its snapshots, and the other end of the only connection that it can open.
async fn node() -> (Arc<Group>, MemoryStore, DuplexStream) {
    let (near, far) = tokio::io::duplex(64);
    let net = Arc::new(OnePipe(Mutex::new(Some(Pipe(near)))));
    let clocks = Arc::new(SystemClocks);
    let env = Env {
        clocks: clocks.clone(),
        net,
        random: Arc::new(|| 4),
        threads: false,
        level: 1,
        spikes: std::sync::Arc::default(),
        memory: crate::sys::memory::used_bytes,
    };
    let io = Arc::new(MemoryDisk::new().open(Duration::from_millis(1)));
    let store = MemoryStore::new();
    let links = PeerConnections::new(env.clone(), Identity::new(1, 1, 1, 1, Secret::default()));
    links.set_addr(2, "n2:1");
    let clock = Arc::new(ClusterClock::new(clocks));
    let group = Group::new(Parts {
        id: 0,
        node: 1,
        env: env.clone(),
        executor: StoreExecutor::new(env, clock.clone()),
        clock,
        log: LogStore::open(io, 0, LogOptions::default()).await.unwrap(),
        snapshots: SnapshotDir::open(Arc::new(store.clone()), 0).unwrap(),
        links,
    });
    (group, store, far)
}

fn vote() -> Vote {
    Vote::new_committed(1, 2)
}

async fn push(to: &mut DuplexStream, kind: u8, body: Bytes) {
    frame::write_parts(to, 0, kind, &[body]).await.unwrap();
}

fn file_names(store: &MemoryStore) -> Vec<String> {
    crate::snapshot::SnapshotStore::list(store).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_receiver_gives_a_transfer_up_that_hangs_and_keeps_nothing() {
    scope(1, async {
        let (group, store, _) = node().await;
        let (near, mut far) = tokio::io::duplex(64);
        let mut hangs_since = Instant::now();
        let sending = async {
            push(&mut far, SNAPSHOT_HEAD, snapshot_head(&vote(), &SnapshotMeta::default())).await;
            for _ in 0..5 {
                // Slow is not stuck.
                tokio::time::sleep(STALL * 9 / 10).await;
                push(&mut far, SNAPSHOT_PIECE, vec![7; 100].into()).await;
            }
            assert_eq!(file_names(&store), ["incoming-0.tmp"]);
            hangs_since = Instant::now();
            // Part of a piece is nothing that could be used.
            far.write_all(&frame::head(0, SNAPSHOT_PIECE, 100)).await.unwrap();
            std::future::pending::<()>().await;
        };
        let result = tokio::select! {
            result = receive(&group, Box::new(Pipe(near))) => result,
            () = sending => unreachable!(),
        };
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!((STALL..STALL * 2).contains(&hangs_since.elapsed()), "{:?}", hangs_since.elapsed());
        assert!(file_names(&store).is_empty(), "{:?}", file_names(&store));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_sender_gives_a_transfer_up_that_hangs() {
    scope(1, async {
        let (group, _, far) = node().await;
        let mut raft = Vec::new();
        put_snapshot_meta(&mut raft, &SnapshotMeta::default());
        let image = State::default();
        group.snapshots.dir.write(&image, &Meta::of(&image, 0, 5, 1, raft), 0).unwrap();
        let begin = Instant::now();
        let hanging = async {
            let env = group.env.clone();
            let mut stream: BoxStream = Box::new(Pipe(far));
            accept(&env, &Identity::new(1, 2, 2, 1, Secret::default()), &mut stream, |_| Ok(())).await.unwrap();
            // It is there, and reads nothing.
            std::future::pending::<()>().await;
        };
        let snapshot = Snapshot { meta: SnapshotMeta::default(), snapshot: SnapshotData::Newest };
        let result = tokio::select! {
            result = send(&group, 2, vote(), snapshot, std::future::pending()) => result,
            () = hanging => unreachable!(),
        };
        assert!(matches!(result, Err(StreamingError::Unreachable(_))));
        assert!((STALL + PAUSE..STALL * 2).contains(&begin.elapsed()), "{:?}", begin.elapsed());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_would_take_the_logs_room_is_refused() {
    scope(1, async {
        let (group, store, _) = node().await;
        store.limit(Some(1000));
        group.note_free_bytes(1 << 40, 1500);
        for (pieces, before) in [(3, 0), (0, 300)] {
            store.put("other", vec![0; before]);
            let (near, mut far) = tokio::io::duplex(1 << 16);
            push(&mut far, SNAPSHOT_HEAD, snapshot_head(&vote(), &SnapshotMeta::default())).await;
            for _ in 0..pieces {
                push(&mut far, SNAPSHOT_PIECE, vec![7; 100].into()).await;
            }
            let error = receive(&group, Box::new(Pipe(near))).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{error}");
            assert!(error.to_string().contains("disk-reserve"), "{error}");
            assert_eq!(file_names(&store), ["other"]);
        }
        // Two pieces fit.
        let mut incoming = group.snapshots.dir.receive(group.disk_floor() - 300).unwrap();
        for fits in [true, true, false] {
            assert_eq!(incoming.push(&[7; 100]).is_ok(), fits);
        }
    })
    .await;
}

/// The file of a snapshot at an entry of term 1, of a state of this feature level.
async fn file_at(index: u64, level: u32) -> (SnapshotMeta, Bytes) {
    let (group, _, _) = node().await;
    let last = log_id(Leader { term: 1, node: 2 }, index);
    let meta = SnapshotMeta { last_log_id: Some(last), last_membership: StoredMembership::default() };
    let mut raft = Vec::new();
    put_snapshot_meta(&mut raft, &meta);
    let mut image = State::default();
    image.cluster.level = level;
    group.snapshots.dir.write(&image, &Meta::of(&image, 0, index, 1, raft), 0).unwrap();
    let mut file = Vec::new();
    io::Read::read_to_end(&mut group.snapshots.dir.open_latest().unwrap().unwrap().reader, &mut file).unwrap();
    (meta, file.into())
}

/// A whole transfer.
async fn transfer(group: &Arc<Group>, leader: Leader, index: u64) -> io::Result<()> {
    transfer_of(group, leader, index, 0).await
}

async fn transfer_of(group: &Arc<Group>, leader: Leader, index: u64, level: u32) -> io::Result<()> {
    let (near, mut far) = tokio::io::duplex(1 << 20);
    let (meta, file) = file_at(index, level).await;
    push(&mut far, SNAPSHOT_HEAD, snapshot_head(&Vote::new_committed(leader.term, leader.node), &meta)).await;
    push(&mut far, SNAPSHOT_PIECE, file).await;
    push(&mut far, SNAPSHOT_END, Bytes::new()).await;
    receive(group, Box::new(Pipe(near))).await
}

#[tokio::test(start_paused = true)]
async fn snapshot_that_raft_refuses_is_not_kept() {
    scope(1, async {
        let (group, store, _) = node().await;
        let newest = || group.snapshots.dir.latest().map(|id| id.last_index);
        let (deposed, leader) = (Leader { term: 1, node: 2 }, Leader { term: 2, node: 3 });
        // While the snapshot was sent, this node has voted for another leader.
        group.log.clone().save_vote(&Vote::new_committed(leader.term, leader.node)).await.unwrap();
        let config = Arc::new(openraft::Config { enable_elect: false, ..Default::default() });
        let (machine, network) = (StateMachine::new(group.clone(), None, None), super::super::Network(group.clone()));
        let raft = openraft::Raft::new(1, config, network, group.log.clone(), machine).await.unwrap();
        group.set_raft(raft);

        transfer(&group, deposed, 120).await.unwrap();
        assert_eq!((newest(), group.applied().index, file_names(&store)), (None, 0, vec![]));
        transfer(&group, leader, 90).await.unwrap();
        assert_eq!((newest(), group.applied().index), (Some(90), 90));
        let there = file_names(&store);
        // It is there already, or more than it: that is no fault of who sends it.
        for index in [90, 50] {
            transfer(&group, leader, index).await.unwrap();
            assert_eq!((newest(), group.applied().index, file_names(&store)), (Some(90), 90, there.clone()));
        }
        store.crash(|| false);
        assert_eq!(file_names(&store), there, "durable before the state counts");
    })
    .await;
}

/// This node's binary knows level 1: it ends, because none that is sent to it will do.
#[tokio::test(start_paused = true)]
async fn a_snapshot_of_an_unknown_feature_level_is_not_taken() {
    scope(1, async {
        let (group, store, _) = node().await;
        let leader = Leader { term: 1, node: 2 };
        let why = || group.links.identity().expelled.lock().clone();
        let error = transfer_of(&group, leader, 90, 1).await.unwrap_err();
        assert!(error.kind() == io::ErrorKind::NotConnected && why().is_none(), "Raft does not run: {error}");
        let error = transfer_of(&group, leader, 90, 2).await.unwrap_err().to_string();
        assert!(error.contains("is of feature level 2, this binary knows 1: start a newer one"), "{error}");
        assert_eq!((why(), file_names(&store)), (Some(error), vec![]));
        assert!(group.snapshots.dir.latest().is_none());
    })
    .await;
}
