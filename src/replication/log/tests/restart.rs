//! What a log on disk is after it was closed, or killed, and opened again.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use openraft::RaftLogReader;
use openraft::storage::RaftLogStorage;

use super::all;
use super::append;
use super::open;
use super::options;
use super::run;
use super::small_window;
use crate::replication::log::EngineLog;
use crate::replication::log::EngineOptions;
use crate::replication::log::LogIo;
use crate::replication::log::LogOptions;
use crate::replication::log::LogStore;
use crate::replication::log::testing::entry;
use crate::replication::log::testing::id;
use crate::replication::types::Entry;
use crate::replication::types::LogState;
use crate::replication::types::Vote;

fn entries(term: u64, range: std::ops::Range<u64>) -> Vec<Entry> {
    range.map(|index| entry(term, index, 70)).collect()
}

/// What a killed process leaves: a copy of the files while they are open.
pub fn kill(from: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(from).unwrap() {
        let path = file.unwrap().path();
        fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    copy
}

#[test]
fn entries_vote_committed_and_purged_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let mut store = open(dir.path()).await;
        append(&mut store, entries(1, 0..40)).await;
        store.save_vote(&Vote::new_committed(2, 3)).await.unwrap();
        store.save_committed(Some(id(1, 33))).await.unwrap();
        store.purge(id(1, 9)).await.unwrap();
        append(&mut store, entries(2, 40..41)).await;
    });
    // Once as it was closed, once as a kill would leave it: only what was written last may be missing there.
    for killed in [false, true] {
        run(async {
            let mut store = open(dir.path()).await;
            let copy = kill(dir.path());
            if killed {
                drop(store);
                store = open(copy.path()).await;
            }
            assert_eq!(store.vote(), Some(Vote::new_committed(2, 3)));
            assert_eq!(store.read_committed().await.unwrap(), Some(id(1, 33)));
            let state = LogState { last_purged_log_id: Some(id(1, 9)), last_log_id: Some(id(2, 40)) };
            assert_eq!(store.get_log_state().await.unwrap(), state);
            let mut expected = entries(1, 10..40);
            expected.extend(entries(2, 40..41));
            assert_eq!(all(&mut store).await, expected);
            assert_eq!((store.first_index(), store.last_log_id()), (10, Some(id(2, 40))));
        });
    }
}

#[test]
fn a_truncated_tail_does_not_come_back() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let mut store = open(dir.path()).await;
        append(&mut store, entries(1, 0..20)).await;
        store.truncate_after(Some(id(1, 9))).await.unwrap();
        assert_eq!(all(&mut store).await, entries(1, 0..10));
    });
    run(async {
        let mut store = open(dir.path()).await;
        assert_eq!(all(&mut store).await, entries(1, 0..10));
        assert_eq!(store.get_log_state().await.unwrap().last_log_id, Some(id(1, 9)));
        append(&mut store, entries(2, 10..12)).await;
    });
    run(async {
        let mut store = open(dir.path()).await;
        let mut expected = entries(1, 0..10);
        expected.extend(entries(2, 10..12));
        assert_eq!(all(&mut store).await, expected);
    });
}

/// A snapshot that ends inside of a truncated tail, in the files: what is behind it stays invisible.
#[test]
fn a_snapshot_beyond_the_end_leaves_an_empty_log() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let mut store = open(dir.path()).await;
        append(&mut store, entries(1, 0..30)).await;
        store.truncate_after(Some(id(1, 9))).await.unwrap();
        store.purge(id(2, 19)).await.unwrap();
        assert_eq!(all(&mut store).await, []);
    });
    run(async {
        let mut store = open(dir.path()).await;
        let state = LogState { last_purged_log_id: Some(id(2, 19)), last_log_id: Some(id(2, 19)) };
        assert_eq!(store.get_log_state().await.unwrap(), state);
        assert_eq!(all(&mut store).await, []);
        append(&mut store, entries(3, 20..22)).await;
    });
    run(async { assert_eq!(all(&mut open(dir.path()).await).await, entries(3, 20..22)) });
}

#[test]
fn groups_share_files_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let (log, _) = EngineLog::open(&options(dir.path())).unwrap();
        let log: Arc<dyn LogIo> = Arc::new(log);
        for group in 0..3 {
            let mut store = LogStore::open(Arc::clone(&log), group, small_window()).await.unwrap();
            append(&mut store, entries(group + 1, 0..5 + group)).await;
            store.save_vote(&Vote::new(group + 1, 1)).await.unwrap();
        }
    });
    run(async {
        let (log, _) = EngineLog::open(&options(dir.path())).unwrap();
        let log: Arc<dyn LogIo> = Arc::new(log);
        for group in 0..3 {
            let mut store = LogStore::open(Arc::clone(&log), group, small_window()).await.unwrap();
            assert_eq!(all(&mut store).await, entries(group + 1, 0..5 + group));
            assert_eq!(store.vote(), Some(Vote::new(group + 1, 1)));
        }
    });
}

/// Many small files, purged and reused while the log goes on, and killed at every stage.
#[test]
fn files_are_removed_and_reused_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let log = Arc::new(EngineLog::open(&options(dir.path())).unwrap().0);
        let mut idle = LogStore::open(log.clone(), 9, LogOptions::default()).await.unwrap();
        append(&mut idle, entries(1, 0..3)).await;
        idle.save_vote(&Vote::new(7, 7)).await.unwrap();
        let mut store = LogStore::open(log.clone(), 0, small_window()).await.unwrap();
        for round in 0..60 {
            let start = round * 10;
            append(&mut store, (start..start + 10).map(|index| entry(1, index, 1000))).await;
            if start > 25 {
                store.purge(id(1, start - 25)).await.unwrap();
            }
            append(&mut store, []).await;
            log.purge_files();
            assert_eq!(store.limited_get_log_entries(start, start + 1).await.unwrap().len(), 1);
            if round % 7 == 0 {
                let copy = kill(dir.path());
                let killed = Arc::new(EngineLog::open(&options(copy.path())).unwrap().0);
                let mut idle = LogStore::open(killed.clone(), 9, small_window()).await.unwrap();
                assert_eq!(all(&mut idle).await, entries(1, 0..3));
                assert_eq!(idle.vote(), Some(Vote::new(7, 7)));
                let mut active = LogStore::open(killed, 0, small_window()).await.unwrap();
                assert_eq!(all(&mut active).await, all(&mut store).await);
            }
        }
        let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        assert!(!names.contains(&"0000000000000001.raftlog".into()), "the first file was never reused: {names:?}");
        assert!(fs::metadata(dir.path().join("0000000000000001.rewrite")).unwrap().len() > 100, "nothing was moved");
    });
}

#[test]
fn reads_are_bounded_by_bytes_and_count_bytes_behind() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let mut store = open(dir.path()).await;
        append(&mut store, entries(1, 0..100)).await;
        append(&mut store, entries(1, 100..101)).await;
        for start in [0, 50, 99] {
            let some = store.limited_get_log_entries(start, 101).await.unwrap();
            assert!((1..=4).contains(&some.len()), "{} of about 100 bytes each in 400", some.len());
            assert_eq!(some[0].log_id.index, start);
        }
        assert_eq!(store.bytes_between(0, 101), 101 * 100);
        assert!(store.disk_bytes() > 0);
    });
    run(async { assert_eq!(open(dir.path()).await.bytes_between(0, 101), 101 * 100) });
}

#[test]
fn a_log_in_use_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (_log, _) = EngineLog::open(&options(dir.path())).unwrap();
    let error = EngineLog::open(&options(dir.path())).err().unwrap();
    assert!(error.0.contains("in use by another process"), "{error}");
}

#[test]
fn a_gap_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let mut store = open(dir.path()).await;
        append(&mut store, entries(1, 0..3)).await;
        for wrong in [entries(1, 4..5), entries(1, 2..3)] {
            let result = store.append(wrong, crate::replication::types::IoFlushed::noop()).await;
            assert!(result.is_err());
        }
        assert_eq!(all(&mut store).await, entries(1, 0..3));
    });
}

/// Files of zeros are not made of what is to stay free, and go when it is not there any more; the log does without them.
#[test]
fn a_low_disk_has_no_spare_files() {
    let dir = tempfile::tempdir().unwrap();
    let spares = || {
        let files = std::fs::read_dir(dir.path()).unwrap();
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|it| it == "spare")).count()
    };
    let open = |keep_free_bytes| {
        let purge_interval = Duration::from_millis(5);
        let options = EngineOptions { prefill_bytes: 32 << 10, keep_free_bytes, purge_interval, ..options(dir.path()) };
        EngineLog::open(&options).unwrap().0
    };
    let until = |count| {
        (0..2000).any(|_| {
            spares() == count || {
                std::thread::sleep(Duration::from_millis(5));
                false
            }
        })
    };
    let log = open(0);
    assert!(until(2), "{}", spares());
    drop(log);
    let log = open(u64::MAX);
    assert!(until(0), "{}", spares());
    drop(log);
    std::fs::remove_dir_all(dir.path()).unwrap();
    drop(open(u64::MAX));
    assert_eq!(spares(), 0);
}
