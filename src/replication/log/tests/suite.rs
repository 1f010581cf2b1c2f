//! openraft's own suite for log stores.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use futures::TryStreamExt;
use openraft::OptionalSend;
use openraft::RaftSnapshotBuilder;
use openraft::StorageError;
use openraft::storage::EntryResponder;
use openraft::storage::RaftStateMachine;
use openraft::testing::log::StoreBuilder;
use openraft::testing::log::Suite;
use openraft::type_config::alias::SnapshotOf;

use super::options;
use super::run;
use super::small_window;
use crate::replication::log::EngineLog;
use crate::replication::log::LogOptions;
use crate::replication::log::LogStore;
use crate::replication::log::MemoryDisk;
use crate::replication::types::EntryPayload;
use crate::replication::types::LogId;
use crate::replication::types::SnapshotMeta;
use crate::replication::types::StoredMembership;
use crate::replication::types::TypeConfig;

/// Remembers how far it has applied; a snapshot of it is that.
#[derive(Clone, Default)]
struct Applied {
    last: Option<LogId>,
    membership: StoredMembership,
    snapshot: Option<SnapshotMeta>,
}

type Snapshot = SnapshotOf<TypeConfig, ()>;

fn snapshot(meta: SnapshotMeta) -> Snapshot {
    Snapshot { meta, snapshot: () }
}

impl RaftSnapshotBuilder<TypeConfig> for Applied {
    type SnapshotData = ();

    async fn build_snapshot(&mut self) -> io::Result<Snapshot> {
        Ok(snapshot(SnapshotMeta { last_log_id: self.last, last_membership: self.membership.clone() }))
    }
}

/// The state machine shares its state with its builders through a lock.
#[derive(Clone, Default)]
struct Machine(Arc<parking_lot::Mutex<Applied>>);

impl RaftSnapshotBuilder<TypeConfig> for Machine {
    type SnapshotData = ();

    async fn build_snapshot(&mut self) -> io::Result<Snapshot> {
        let mut state = self.0.lock().clone();
        let built = state.build_snapshot().await?;
        self.0.lock().snapshot = Some(built.meta.clone());
        Ok(built)
    }
}

impl RaftStateMachine<TypeConfig> for Machine {
    type SnapshotData = ();
    type SnapshotBuilder = Self;

    async fn applied_state(&mut self) -> io::Result<(Option<LogId>, StoredMembership)> {
        let state = self.0.lock();
        Ok((state.last, state.membership.clone()))
    }

    async fn apply<S>(&mut self, mut entries: S) -> io::Result<()>
    where
        S: Stream<Item = io::Result<EntryResponder<TypeConfig>>> + Unpin + OptionalSend,
    {
        while let Some((entry, responder)) = entries.try_next().await? {
            let mut state = self.0.lock();
            state.last = Some(entry.log_id);
            if let EntryPayload::Membership(membership) = entry.payload {
                state.membership = StoredMembership::new(Some(entry.log_id), membership);
            }
            if let Some(responder) = responder {
                responder.send(());
            }
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> Self {
        self.clone()
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMeta, (): ()) -> io::Result<()> {
        let mut state = self.0.lock();
        state.last = meta.last_log_id;
        state.membership = meta.last_membership.clone();
        state.snapshot = Some(meta.clone());
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> io::Result<Option<Snapshot>> {
        Ok(self.0.lock().snapshot.clone().map(snapshot))
    }
}

struct OnDisk(LogOptions);

impl StoreBuilder<TypeConfig, LogStore, Machine, tempfile::TempDir> for OnDisk {
    async fn build(&self) -> Result<(tempfile::TempDir, LogStore, Machine), StorageError<TypeConfig>> {
        let dir = tempfile::tempdir().unwrap();
        let (log, _) = EngineLog::open(&options(dir.path())).unwrap();
        let store = LogStore::open(Arc::new(log), 3, self.0.clone()).await.unwrap();
        Ok((dir, store, Machine::default()))
    }
}

struct InMemory(LogOptions);

impl StoreBuilder<TypeConfig, LogStore, Machine> for InMemory {
    async fn build(&self) -> Result<((), LogStore, Machine), StorageError<TypeConfig>> {
        let log = MemoryDisk::new().open(Duration::from_millis(1));
        let store = LogStore::open(Arc::new(log), 3, self.0.clone()).await.unwrap();
        Ok(((), store, Machine::default()))
    }
}

/// Nothing stays in memory once it is durable.
fn no_window() -> LogOptions {
    LogOptions { log_tail_bytes: 0, log_read_bytes: 1 }
}

/// Every read goes to the files; the suite in memory covers the other windows, which behave alike.
#[test]
fn the_suite_passes_on_disk() {
    run(Suite::test_all(OnDisk(no_window()))).unwrap();
}

#[test]
fn the_suite_passes_in_memory() {
    for options in [LogOptions::default(), small_window(), no_window()] {
        super::memory::run(Suite::test_all(InMemory(options))).unwrap();
    }
}
