//! Directories and histories made by hand: a sound one is certified, each kind of damage and each broken promise is named.

mod directories;
mod facts;
mod replays;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use openraft::storage::{RaftLogStorage, RaftLogStorageExt};
use openraft::vote::RaftLeaderId;

use super::{Report, Verdict, verify};
use crate::executor::apply::{EntryOutcome, apply};
use crate::executor::entry::{BatchWriter, Content, Stamp, decode, encode, seal};
use crate::executor::prepare::PreparedEntry;
use crate::protocol::Args;
use crate::protocol::parse::split_inline;
use crate::replication::codec::put_snapshot_meta;
use crate::replication::log::{EngineLog, EngineOptions, LogOptions, LogStore};
use crate::replication::types::{CommittedLeaderId, Entry, EntryPayload, LogId, Payload, SnapshotMeta, scope};
use crate::snapshot::{DiskStore, Meta, SnapshotDir};
use crate::store::State;

/// Cluster time of the first entry, ms.
const BEGIN_MS: u64 = 1_790_000_000_000;
const CLUSTER: u128 = 7;
/// The boot whose batches these are: the index of the entry that begins it.
const BOOT: u64 = 2;

fn id(term: u64, index: u64) -> LogId {
    LogId { leader_id: CommittedLeaderId::new(term, 1), index }
}

fn prepared(sealed: &[u8]) -> PreparedEntry {
    PreparedEntry::new(decode(&bytes::Bytes::copy_from_slice(sealed)).unwrap()).unwrap()
}

/// Commands as a batch.
fn batch(seq: u64, lines: &[&str]) -> bytes::BytesMut {
    let mut writer = BatchWriter::new(BOOT, seq, 64);
    for line in lines {
        writer.plain(0, &Args::from_slices(split_inline(line.as_bytes()).unwrap()));
    }
    writer.finish()
}

/// A lock goes from one owner to another within a script.
const SCRIPT: &str = "EVAL \"redis.call('LOCK.ACQUIRE','z','a','PX',9) redis.call('LOCK.RELEASE','z','a') return redis.call('LOCK.ACQUIRE','z','b','PX',9)\" 1 z";

/// A log that grows, and the state that it makes.
struct Made {
    entries: Vec<Entry>,
    state: State,
    seq: u64,
    now_ms: u64,
}

impl Made {
    fn new() -> Self {
        let mut made = Self { entries: Vec::new(), state: State::default(), seq: 0, now_ms: BEGIN_MS };
        made.entries.push(Entry { log_id: id(1, 0), payload: EntryPayload::Blank });
        let (peer_addr, client_addr) = ("127.0.0.1:2".to_owned(), "127.0.0.1:1".to_owned());
        let create = Content::Create {
            cluster: CLUSTER,
            nonce: 5,
            peer_addr,
            client_addr,
            revision: 1000,
            level: crate::FEATURE_LEVEL,
            options: Vec::new(),
        };
        made.add(encode(&create));
        made.add(encode(&Content::Boot { node: 1, nonce: 5 }));
        made
    }

    /// Stamps as a leader does, and applies.
    fn add(&mut self, unsealed: bytes::BytesMut) -> EntryOutcome {
        let index = self.entries.len() as u64;
        let stamp = Stamp { now_ms: self.now_ms, digest_index: index - 1, digest: self.state.digest.value() };
        let sealed = seal(unsealed, stamp);
        let outcome = apply(&mut self.state, index, prepared(&sealed), |_, _| None);
        self.entries.push(Entry { log_id: id(1, index), payload: EntryPayload::Normal(Payload(sealed)) });
        outcome
    }

    /// The next batch, so much later.
    fn batch(&mut self, later_ms: u64, lines: &[&str]) {
        self.now_ms += later_ms;
        self.seq += 1;
        assert!(self.add(batch(self.seq, lines)).accepted);
    }

    fn last(&self) -> LogId {
        self.entries.last().unwrap().log_id
    }

    /// A log in which a little of everything happens.
    fn usual() -> Self {
        let mut made = Self::new();
        made.batch(1, &["SET a 1", "SET b 2 PX 50", "LOCK.ACQUIRE l one PX 100", "LOCK.ACQUIRE s one PX 900 SHARED"]);
        made.batch(9, &["INCR a", "LOCK.MULTI 2 m n one PX 500", "LOCK.ACQUIRE s two PX 900 SHARED"]);
        made.batch(60, &["LOCK.EXTEND l one PX 200", "RPUSH list x y z", "LOCK.ACQUIRE k one PX 5", SCRIPT]);
        made.batch(300, &["LOCK.ACQUIRE l two PX 1000", "LOCK.RELEASE m one", "INCR a"]);
        made.batch(5, &["HSET h f v", "INCR a"]);
        made
    }

    /// The directory of a node that has all of this, but nothing of its state.
    fn put(&self) -> tempfile::TempDir {
        put(&self.entries, None)
    }
}

/// A directory with this log, purged up to `purged`. All but its last entry is known to be committed.
fn put(entries: &[Entry], purged: Option<LogId>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let options = EngineOptions { file_bytes: 1 << 20, prefill_bytes: 0, ..EngineOptions::new(dir.path().join("log")) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(scope(7, async {
        let (log, _) = EngineLog::open(&options).unwrap();
        let mut store = LogStore::open(Arc::new(log), 0, LogOptions::default()).await.unwrap();
        let (last, others) = entries.split_last().unwrap();
        store.blocking_append(others.to_vec()).await.unwrap();
        store.save_committed(others.last().map(|entry| entry.log_id)).await.unwrap();
        store.blocking_append(vec![last.clone()]).await.unwrap();
        if let Some(purged) = purged {
            store.purge(purged).await.unwrap();
        }
    }));
    put_identity(dir.path(), CLUSTER);
    dir
}

fn put_identity(dir: &Path, cluster: u128) {
    let body =
        format!("lockstep identity 1\ncluster {cluster:032x}\nnode 1\nnonce 5\nfounder true\npeers \nlog begun\n");
    fs::write(dir.join("identity"), format!("{body}crc {:08x}\n", crc32c::crc32c(body.as_bytes()))).unwrap();
}

/// A snapshot of this state beside the log.
fn put_snapshot(dir: &Path, state: &State, covers: LogId) {
    let snapshots = SnapshotDir::open(Arc::new(DiskStore::open(dir.join("snapshots")).unwrap()), 0).unwrap();
    let mut raft = Vec::new();
    put_snapshot_meta(&mut raft, &SnapshotMeta { last_log_id: Some(covers), ..SnapshotMeta::default() });
    let meta = Meta::of(state, 0, covers.index, covers.leader_id.term, raft);
    snapshots.write(state, &meta, 0).unwrap();
}

/// What is wrong with a directory has to be this alone.
#[track_caller]
fn assert_only(dir: &Path, what: &str) -> Report {
    let report = verify(dir).unwrap();
    let wrong = report.what_is_wrong();
    assert!(wrong.len() == 1 && wrong[0].contains(what), "expected {what:?} alone: {wrong:#?}");
    assert_eq!(report.verdict(), Verdict::Wrong);
    assert!(report.to_string().ends_with("not certified"), "{report}");
    report
}

#[track_caller]
fn assert_certified(dir: &Path) -> Report {
    let report = verify(dir).unwrap();
    assert_eq!(report.what_is_wrong(), [] as [String; 0]);
    assert_eq!(report.verdict(), Verdict::Certified);
    report
}
