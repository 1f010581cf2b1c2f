//! A crash of the simulated disk loses what was not durable, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use openraft::storage::IOFlushed;
use openraft::storage::RaftLogStorage;
use tokio::sync::oneshot;

use super::all;
use super::append;
use super::small_window;
use crate::replication::log::LogStore;
use crate::replication::log::MemoryDisk;
use crate::replication::log::testing::entry;
use crate::replication::log::testing::id;
use crate::replication::types::Entry;
use crate::replication::types::TypeConfig;
use crate::replication::types::Vote;
use crate::replication::types::scope;
use openraft::type_config::TypeConfigExt;

const FLUSH: Duration = Duration::from_millis(5);

/// Runs in tokio's paused time.
pub fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(scope(7, future))
}

async fn open(disk: &MemoryDisk) -> LogStore {
    LogStore::open(Arc::new(disk.open(FLUSH)), 0, small_window()).await.unwrap()
}

/// Appends without waiting; the receiver says when it is durable.
async fn start_append(store: &mut LogStore, entries: Vec<Entry>) -> oneshot::Receiver<Result<(), std::io::Error>> {
    let (tx, rx) = TypeConfig::oneshot();
    store.append(entries, IOFlushed::signal(tx)).await.unwrap();
    rx
}

fn entries(range: std::ops::Range<u64>) -> Vec<Entry> {
    range.map(|index| entry(1, index, 50)).collect()
}

#[test]
fn a_crash_drops_exactly_what_was_not_durable() {
    run(async {
        let disk = MemoryDisk::new();
        let mut store = open(&disk).await;
        append(&mut store, entries(0..3)).await;
        store.save_vote(&Vote::new(2, 1)).await.unwrap();
        let mut unflushed = start_append(&mut store, entries(3..5)).await;
        assert_eq!(all(&mut store).await, entries(0..5), "readable before it is durable");
        tokio::time::sleep(FLUSH / 2).await;
        assert!(unflushed.try_recv().is_err(), "a flush takes its time");
        disk.crash();
        tokio::time::sleep(FLUSH * 4).await;
        assert!(unflushed.try_recv().is_err(), "nobody is told of what was lost");

        let mut store = open(&disk).await;
        assert_eq!(all(&mut store).await, entries(0..3));
        assert_eq!(store.vote(), Some(Vote::new(2, 1)));
        assert_eq!(store.get_log_state().await.unwrap().last_log_id, Some(id(1, 2)));
    });
}

#[test]
fn a_flush_takes_the_time_that_it_is_given() {
    run(async {
        let disk = MemoryDisk::new();
        let mut store = open(&disk).await;
        let start = tokio::time::Instant::now();
        append(&mut store, entries(0..1)).await;
        assert_eq!(start.elapsed(), FLUSH);
    });
}

#[test]
fn a_write_may_be_durable_though_nobody_was_told() {
    run(async {
        let disk = MemoryDisk::new();
        let mut store = open(&disk).await;
        append(&mut store, entries(0..3)).await;
        drop(start_append(&mut store, entries(3..5)).await);
        drop(start_append(&mut store, entries(5..7)).await);
        assert_eq!(disk.pending(), 2);
        disk.crash_keeping(1);
        assert_eq!(all(&mut open(&disk).await).await, entries(0..5));
    });
}

#[test]
fn a_vote_is_shown_only_once_it_is_durable() {
    run(async {
        let disk = MemoryDisk::new();
        let mut store = open(&disk).await;
        let mut saving = store.clone();
        let save = crate::replication::types::spawn(async move { saving.save_vote(&Vote::new(9, 9)).await });
        tokio::time::sleep(FLUSH / 2).await;
        assert_eq!(store.vote(), None);
        save.await.unwrap().unwrap();
        assert_eq!(store.vote(), Some(Vote::new(9, 9)));
        append(&mut store, entries(0..1)).await;
        disk.crash();
        assert_eq!(open(&disk).await.vote(), Some(Vote::new(9, 9)), "a later write does not take it back");
    });
}

#[test]
fn a_dead_process_writes_nothing() {
    run(async {
        let disk = MemoryDisk::new();
        let mut old = open(&disk).await;
        let mut new = open(&disk).await;
        drop(start_append(&mut old, entries(0..1)).await);
        tokio::time::sleep(FLUSH * 2).await;
        assert_eq!(all(&mut new).await, []);
        assert_eq!(all(&mut open(&disk).await).await, []);
    });
}
