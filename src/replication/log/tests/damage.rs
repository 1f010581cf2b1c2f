//! A torn end is dropped and said; damage is refused, with file and offset.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use super::all;
use super::append;
use super::open;
use super::options;
use super::restart::kill;
use super::run;
use super::small_window;
use crate::error::Fatal;
use crate::replication::log::EngineLog;
use crate::replication::log::LogStore;
use crate::replication::log::testing::entry;
use crate::replication::types::Entry;
use openraft::storage::RaftLogStorage;

const ENTRIES: u64 = 60;

fn entries(range: std::ops::Range<u64>) -> Vec<Entry> {
    range.map(|index| entry(1, index, 700)).collect()
}

/// A log of several files, one entry to a record, as a kill leaves it: its last file ends with zeros.
fn killed_log() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    run(async {
        let mut store = open(dir.path()).await;
        for index in 0..ENTRIES {
            append(&mut store, entries(index..index + 1)).await;
        }
        kill(dir.path())
    })
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "raftlog"));
    files.sort();
    files
}

/// Opens the log and reads it, with what was to be said about it.
fn reopen(dir: &Path) -> Result<(Vec<Entry>, Vec<String>), Fatal> {
    run(async {
        let (log, notices) = EngineLog::open(&options(dir))?;
        let mut store = LogStore::open(Arc::new(log), 0, small_window()).await?;
        let entries = all(&mut store).await;
        assert_eq!(store.get_log_state().await.unwrap().last_log_id, entries.last().map(|last| last.log_id));
        Ok((entries, notices))
    })
}

fn flip(path: &Path, offset: usize, bit: u8) {
    let mut bytes = fs::read(path).unwrap();
    bytes[offset] ^= 1 << bit;
    fs::write(path, bytes).unwrap();
}

/// Where the zeros at a file's end begin.
fn written(path: &Path) -> usize {
    fs::read(path).unwrap().iter().rposition(|byte| *byte != 0).unwrap() + 1
}

#[test]
fn an_end_of_zeros_is_no_event() {
    let dir = killed_log();
    let last = files(dir.path()).pop().unwrap();
    assert!(written(&last) < fs::metadata(&last).unwrap().len() as usize, "the test has nothing to test");
    assert_eq!(reopen(dir.path()).unwrap(), (entries(0..ENTRIES), Vec::new()));
}

#[test]
fn a_torn_end_is_dropped_and_said() {
    for cut in [1, 20, 300, 700] {
        let dir = killed_log();
        let last = files(dir.path()).pop().unwrap();
        let end = written(&last) - cut;
        fs::File::options().write(true).open(&last).unwrap().set_len(end as u64).unwrap();
        let (found, notices) = reopen(dir.path()).unwrap();
        assert_eq!(found, entries(0..ENTRIES - 1), "cut by {cut}");
        assert_eq!(notices.len(), 1);
        assert!(notices[0].contains("never finished"), "{}", notices[0]);
        assert!(notices[0].contains(last.file_name().unwrap().to_str().unwrap()), "{}", notices[0]);
        assert_eq!(reopen(dir.path()).unwrap().1, Vec::<String>::new(), "said once");
    }
}

/// A used file's old records are behind the new ones: they are no records of this file.
#[test]
fn old_records_behind_the_end_are_no_damage() {
    let dir = killed_log();
    let files = files(dir.path());
    let mut bytes = fs::read(files.last().unwrap()).unwrap();
    bytes.truncate(written(files.last().unwrap()));
    bytes.extend_from_slice(&fs::read(&files[0]).unwrap()[69..]);
    fs::write(files.last().unwrap(), bytes).unwrap();
    let (found, notices) = reopen(dir.path()).unwrap();
    assert_eq!(found, entries(0..ENTRIES));
    assert_eq!(notices.len(), 1);
}

#[test]
fn a_file_that_was_only_begun_is_dropped() {
    for content in [&[][..], &[0u8; 100], b"RAFT-LOG-FILE"] {
        let dir = killed_log();
        let last = files(dir.path()).pop().unwrap();
        let bytes = fs::read(&last).unwrap()[..written(&last)].to_vec();
        fs::write(&last, bytes).unwrap();
        let number: u64 = last.file_name().unwrap().to_str().unwrap()[..16].parse().unwrap();
        fs::write(dir.path().join(format!("{:016}.raftlog", number + 1)), content).unwrap();
        assert_eq!(reopen(dir.path()).unwrap().0, entries(0..ENTRIES));
    }
}

fn refused(dir: &Path, file: &Path) -> String {
    let error = reopen(dir).expect_err("damage was not noticed").0;
    assert!(error.contains(file.file_name().unwrap().to_str().unwrap()), "{error}");
    assert!(error.contains("at offset"), "{error}");
    assert!(error.contains("RAFT.REMOVE"), "{error}");
    error
}

#[test]
fn a_flipped_bit_in_the_last_file_is_refused() {
    let dir = killed_log();
    let last = files(dir.path()).pop().unwrap();
    flip(&last, 200, 3);
    let error = refused(dir.path(), &last);
    assert!(error.contains("an intact record follows"), "{error}");
}

#[test]
fn a_flipped_bit_in_an_earlier_file_is_refused() {
    for last_record in [false, true] {
        let dir = killed_log();
        let file = files(dir.path())[1].clone();
        let at = if last_record { written(&file) - 100 } else { 200 };
        flip(&file, at, 0);
        refused(dir.path(), &file);
    }
}

#[test]
fn another_version_of_the_files_is_named() {
    let dir = killed_log();
    let file = files(dir.path())[0].clone();
    flip(&file, 60, 3);
    let error = reopen(dir.path()).err().unwrap().0;
    assert!(error.contains("format version 10, this program reads 2"), "{error}");
}

#[test]
fn a_missing_file_is_refused() {
    let dir = killed_log();
    fs::remove_file(&files(dir.path())[1]).unwrap();
    let error = reopen(dir.path()).err().unwrap().0;
    assert!(error.contains("should hold entries 0 to 59"), "{error}");
}

/// Every flip is noticed, or changes nothing. One in the last record cannot be told from a torn write: it is dropped, and
/// said.
#[test]
fn no_flipped_bit_changes_an_entry() {
    let dir = killed_log();
    let files = files(dir.path());
    let mut seed = 0x1234_5678_9abc_def1_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as usize % below
    };
    let (mut refused, mut dropped) = (0, 0);
    for _ in 0..150 {
        let copy = kill(dir.path());
        let file = &files[random(files.len())];
        let path = copy.path().join(file.file_name().unwrap());
        // Zeros behind the end are hit as well, a little.
        let offset = random(written(file) + 200).min(fs::metadata(file).unwrap().len() as usize - 1);
        flip(&path, offset, random(8) as u8);
        match reopen(copy.path()) {
            Err(error) => {
                let named = error.0.contains(path.to_str().unwrap());
                assert!(named && (error.0.contains("at offset") || error.0.contains("format version")), "{error}");
                refused += 1;
            }
            Ok((found, notices)) => {
                let complete = found == entries(0..ENTRIES);
                let without_last = found == entries(0..ENTRIES - 1);
                assert!(complete || without_last, "offset {offset} of {path:?}");
                assert!(!notices.is_empty(), "offset {offset} of {path:?} was not noticed");
                dropped += 1;
            }
        }
    }
    assert!(refused > 100 && dropped > 0, "{refused} refused, {dropped} dropped");
}
