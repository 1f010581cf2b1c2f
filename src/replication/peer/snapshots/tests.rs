//! Transfers that hang, and that do not fit.

use std::pin::Pin;

use parking_lot::Mutex;
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::time::Instant;

use super::super::super::Parts;
use super::super::super::codec::put_snapshot_meta;
use super::super::super::log::{LogOptions, LogStore, MemoryDisk};
use super::super::super::testing::Pipe;
use super::super::super::types::{SnapshotMeta, scope};
use super::super::handshake::accept;
use super::super::{Identity, Links};
use super::*;
use crate::clock::{ClusterClock, SystemClocks};
use crate::env::{BoxStream, Env, Listener, Net};
use crate::snapshot::{MemoryStore, Meta, SnapshotDir};
use crate::store::State;

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
    let env = Env { clocks: clocks.clone(), net, random: Arc::new(|| 4), threads: false };
    let io = Arc::new(MemoryDisk::new().open(Duration::from_millis(1)));
    let store = MemoryStore::new();
    let links = Links::new(env.clone(), Identity::new(1, 1, 1, 1, String::new()));
    links.set_addr(2, "n2:1");
    let group = Group::new(Parts {
        id: 0,
        node: 1,
        env,
        clock: Arc::new(ClusterClock::new(clocks)),
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
        group.snapshots.write(&image, &Meta::of(&image, 0, 5, 1, raft), 0).unwrap();
        let begin = Instant::now();
        let hanging = async {
            let env = group.env.clone();
            let mut stream: BoxStream = Box::new(Pipe(far));
            accept(&env, &Identity::new(1, 2, 2, 1, String::new()), &mut stream, |_| Ok(())).await.unwrap();
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
        let mut incoming = group.snapshots.receive(group.disk_floor() - 300).unwrap();
        for fits in [true, true, false] {
            assert_eq!(incoming.push(&[7; 100]).is_ok(), fits);
        }
    })
    .await;
}
