//! The log as a whole, on both backends.

mod crash;
mod damage;
mod memory;
mod odd;
mod restart;
mod suite;

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use openraft::RaftLogReader;
use openraft::storage::RaftLogStorageExt;

use super::EngineLog;
use super::EngineOptions;
use super::LogOptions;
use super::LogStore;
use crate::replication::types::Entry;
use crate::replication::types::scope;

/// Runs `future` as the program would: on one thread, in a scope of random numbers.
fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(scope(7, future))
}

/// Small files, no prefill, files removed only when the test says so.
fn options(dir: &Path) -> EngineOptions {
    EngineOptions {
        file_bytes: 16 << 10,
        purge_threshold_bytes: 64 << 10,
        prefill_bytes: 0,
        purge_interval: Duration::from_secs(3600),
        ..EngineOptions::new(dir)
    }
}

/// A window so small that most reads come from the files.
fn small_window() -> LogOptions {
    LogOptions { log_tail_bytes: 600, log_read_bytes: 400 }
}

/// Opens group 0 in `dir`; no notices are expected.
async fn open(dir: &Path) -> LogStore {
    let (log, notices) = EngineLog::open(&options(dir)).unwrap();
    assert!(notices.is_empty(), "{notices:?}");
    LogStore::open(Arc::new(log), 0, small_window()).await.unwrap()
}

async fn append(store: &mut LogStore, entries: impl IntoIterator<Item = Entry>) {
    store.blocking_append(entries.into_iter().collect::<Vec<_>>()).await.unwrap();
}

async fn all(store: &mut LogStore) -> Vec<Entry> {
    store.try_get_log_entries(..).await.unwrap()
}
