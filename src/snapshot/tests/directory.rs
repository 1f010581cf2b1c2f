//! One snapshot counts, the newest, whatever is interrupted.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::super::{MemoryStore, Opened, Problem, SnapshotDir, SnapshotId, SnapshotStore, SnapshotWriter};
use super::*;

fn open(store: &MemoryStore) -> SnapshotDir {
    SnapshotDir::open(Arc::new(store.clone()), 0).unwrap()
}

fn meta_at(state: &State, last_index: u64) -> Meta {
    Meta { last_index, ..meta_of(state) }
}

fn name_at(last_index: u64) -> String {
    SnapshotId { last_index, last_term: 7 }.file_name()
}

/// A state that tells by its revision where it was taken.
fn state_at(last_index: u64) -> State {
    let mut state = sample();
    state.raise_revision(2_000_000_000_000 + last_index);
    state
}

fn write_at(dir: &SnapshotDir, last_index: u64) -> Result<super::super::Summary, SnapshotError> {
    let state = state_at(last_index);
    dir.write(&state, &meta_at(&state, last_index), 0)
}

fn send(from: &SnapshotDir, to: &SnapshotDir, piece_len: usize) -> Result<(Meta, State), SnapshotError> {
    let mut open = from.open_latest()?.unwrap();
    let mut incoming = to.receive(0)?;
    let mut piece = vec![0; piece_len];
    loop {
        let read = open.reader.read(&mut piece).unwrap();
        if read == 0 {
            assert_eq!(incoming.received(), open.len);
            return incoming.finish()?.publish();
        }
        incoming.push(&piece[..read])?;
    }
}

#[test]
fn newest_snapshot_is_kept_and_loaded() {
    let store = MemoryStore::new();
    let dir = open(&store);
    assert!(dir.load_latest().unwrap().is_none() && dir.open_latest().unwrap().is_none());
    write_at(&dir, 9).unwrap();
    write_at(&dir, 10).unwrap();
    assert_eq!(store.list().unwrap(), [name_at(10)]);
    write_at(&dir, 8).unwrap();
    assert_eq!(store.list().unwrap(), [name_at(10)], "one that was overtaken is dropped");
    for dir in [dir, open(&store)] {
        assert_eq!(dir.latest(), Some(SnapshotId { last_index: 10, last_term: 7 }));
        let (meta, state) = dir.load_latest().unwrap().unwrap();
        assert_eq!(meta.last_index, 10);
        assert_same(&state, &state_at(10));
    }
}

#[test]
fn opening_removes_what_is_old_or_under_way_and_nothing_else() {
    let store = MemoryStore::new();
    write_at(&open(&store), 12).unwrap();
    let newest = store.read(&name_at(12)).unwrap();
    store.put(&name_at(9), newest);
    store.put("write-0.tmp", b"half".to_vec());
    store.put("incoming-3.tmp", b"half".to_vec());
    store.put("notes.txt", b"not ours".to_vec());
    store.put("1-2.snapshot", b"not a name of ours".to_vec());
    let dir = open(&store);
    assert_eq!(store.list().unwrap(), [&name_at(12), "1-2.snapshot", "notes.txt"]);
    assert!(dir.load_latest().unwrap().is_some());
}

#[test]
fn a_damaged_newest_is_refused_although_an_older_one_is_there() {
    let store = MemoryStore::new();
    let dir = open(&store);
    write_at(&dir, 9).unwrap();
    let old = store.read(&name_at(9)).unwrap();
    write_at(&dir, 10).unwrap();
    let mut new = store.read(&name_at(10)).unwrap();
    store.put(&name_at(9), old);
    let last = new.len() - 1;
    new[last] ^= 4;
    store.put(&name_at(10), new);
    for dir in [dir, open(&store)] {
        let error = dir.load_latest().unwrap_err();
        let text = error.to_string();
        assert!(error.is_damage() && text.contains(&name_at(10)) && text.contains("flipped bit"), "{text}");
        assert!(text.contains("RAFT.REMOVE"), "{text}");
    }
}

#[test]
fn a_file_under_a_wrong_name_or_of_another_group_is_refused() {
    let store = MemoryStore::new();
    write_at(&open(&store), 10).unwrap();
    store.put(&name_at(11), store.read(&name_at(10)).unwrap());
    let dir = open(&store);
    assert!(dir.load_latest().unwrap_err().to_string().contains("by its contents it is"));
    assert!(dir.open_latest().err().unwrap().to_string().contains("by its contents it is"));
    let other = SnapshotDir::open(Arc::new(MemoryStore::new()), 3).unwrap();
    let state = state_at(1);
    assert!(matches!(other.write(&state, &meta_at(&state, 1), 0).unwrap_err().problem, Problem::Misplaced(_)));
    let mut incoming = other.receive(0).unwrap();
    incoming.push(&bytes_of(&state, 600)).unwrap();
    assert!(incoming.finish().err().unwrap().to_string().contains("it is of group 0, not 3"));
}

#[test]
fn a_snapshot_travels_in_pieces_of_any_size() {
    let from = open(&MemoryStore::new());
    write_at(&from, 10).unwrap();
    for piece_len in [1, 13, 1000, 1 << 20] {
        let store = MemoryStore::new();
        let to = open(&store);
        write_at(&to, 5).unwrap();
        let (meta, state) = send(&from, &to, piece_len).unwrap();
        assert_eq!(meta.last_index, 10);
        assert_same(&state, &state_at(10));
        store.crash(|| false);
        assert_same(&open(&store).load_latest().unwrap().unwrap().1, &state_at(10));
        assert_eq!(store.list().unwrap(), [name_at(10)]);
    }
}

#[test]
fn snapshot_received_damaged_cut_or_late_leaves_nothing() {
    let store = MemoryStore::new();
    let dir = open(&store);
    write_at(&dir, 10).unwrap();
    let bytes = bytes_of(&state_at(11), 600);
    let mut flipped = bytes.clone();
    flipped[3000] ^= 1;
    for wrong in [&flipped[..], &bytes[..bytes.len() - 1], &bytes[..*chunk_offsets(&bytes).last().unwrap()], b""] {
        let mut incoming = dir.receive(0).unwrap();
        incoming.push(wrong).unwrap();
        assert!(incoming.finish().err().unwrap().is_damage());
        assert_eq!(store.list().unwrap(), [name_at(10)]);
    }
    drop(dir.receive(0).unwrap());
    // Whole, but not wanted by Raft.
    let mut incoming = dir.receive(0).unwrap();
    incoming.push(&bytes_of(&state_at(11), 600)).unwrap();
    let received = incoming.finish().unwrap();
    assert_eq!((store.list().unwrap().len(), dir.latest().map(|id| id.last_index)), (2, Some(10)));
    drop(received);
    assert_eq!(store.list().unwrap(), [name_at(10)]);
    let late = open(&MemoryStore::new());
    write_at(&late, 9).unwrap();
    assert!(send(&late, &dir, 1000).err().unwrap().to_string().contains("a newer one is here"));
    assert_eq!(store.list().unwrap(), [name_at(10)]);
    assert_same(&dir.load_latest().unwrap().unwrap().1, &state_at(10));
}

#[test]
fn an_open_snapshot_is_readable_after_its_successor_came() {
    let dir = open(&MemoryStore::new());
    write_at(&dir, 9).unwrap();
    let mut sent = dir.open_latest().unwrap().unwrap();
    write_at(&dir, 10).unwrap();
    let mut bytes = Vec::new();
    sent.reader.read_to_end(&mut bytes).unwrap();
    assert_eq!((bytes.len() as u64, sent.meta.last_index), (sent.len, 9));
    assert_same(&read(&bytes).unwrap().1, &state_at(9));
}

#[test]
fn full_disk_keeps_the_old_snapshot() {
    let store = MemoryStore::new();
    let dir = open(&store);
    write_at(&dir, 9).unwrap();
    store.limit(Some(store.read(&name_at(9)).unwrap().len() * 3 / 2));
    let error = write_at(&dir, 10).unwrap_err();
    assert!(matches!(&error.problem, Problem::Io(error) if error.kind() == io::ErrorKind::StorageFull), "{error}");
    assert_eq!(store.list().unwrap(), [name_at(9)]);
    store.limit(None);
    write_at(&dir, 10).unwrap();
}

#[test]
fn snapshot_that_would_take_the_logs_space_is_given_up() {
    let store = MemoryStore::new();
    let dir = open(&store);
    write_at(&dir, 9).unwrap();
    let len = store.read(&name_at(9)).unwrap().len();
    let write = |keep_free| dir.write(&state_at(10), &meta_at(&state_at(10), 10), keep_free);
    store.limit(Some(2 * len + 1000));
    // From the start, and in the middle of it.
    for keep_free in [len + 1001, 1001] {
        let error = write(keep_free as u64).unwrap_err();
        assert!(matches!(&error.problem, Problem::Io(error) if error.kind() == io::ErrorKind::StorageFull), "{error}");
        assert!(error.to_string().contains("disk-reserve"), "{error}");
        assert_eq!(store.list().unwrap(), [name_at(9)]);
    }
    write(1000).unwrap();
    assert_eq!(store.list().unwrap(), [name_at(10)]);
}

/// The system has no file to give any more when Raft asks for the newest.
#[test]
fn meta_of_the_newest_snapshot_needs_no_file() {
    let store = MemoryStore::new();
    write_at(&open(&store), 9).unwrap();
    let lasting = open(&store);
    assert_eq!(lasting.latest_meta().unwrap().unwrap().last_index, 9, "read");
    let file = store.read(&name_at(9)).unwrap();
    let index = |dir: &SnapshotDir| {
        store.remove(&name_at(9)).unwrap();
        let found = dir.latest_meta();
        store.put(&name_at(9), file.clone());
        found.map(|meta| meta.unwrap().last_index).map_err(|error| error.to_string())
    };
    assert!(index(&lasting).is_err(), "never loaded");
    lasting.load_latest().unwrap();
    assert_eq!(index(&lasting), Ok(9));
    let written = open(&MemoryStore::new());
    assert!(written.latest_meta().unwrap().is_none());
    write_at(&written, 10).unwrap();
    assert_eq!(index(&written), Ok(10));
}

/// A disk that fails after so many calls: for good, as it looks to a process that loses power, or once.
struct Dying {
    store: MemoryStore,
    faults: Arc<Faults>,
}

struct Faults {
    calls_left: AtomicI64,
    for_good: bool,
}

impl Faults {
    fn count(&self) -> io::Result<()> {
        let left = self.calls_left.fetch_sub(1, Ordering::Relaxed);
        if left > 0 || (left < 0 && !self.for_good) { Ok(()) } else { Err(io::Error::other("power lost")) }
    }
}

struct DyingWriter {
    writer: Box<dyn SnapshotWriter>,
    faults: Arc<Faults>,
}

impl Write for DyingWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.faults.count()?;
        self.writer.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SnapshotWriter for DyingWriter {
    fn finish(self: Box<Self>) -> io::Result<()> {
        self.faults.count()?;
        self.writer.finish()
    }
}

impl SnapshotStore for Dying {
    fn create(&self, temp_name: &str) -> io::Result<Box<dyn SnapshotWriter>> {
        self.faults.count()?;
        let writer = self.store.create(temp_name)?;
        Ok(Box::new(DyingWriter { writer, faults: self.faults.clone() }))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.faults.count()?;
        self.store.rename(from, to)
    }
    fn sync_dir(&self) -> io::Result<()> {
        self.faults.count()?;
        self.store.sync_dir()
    }
    fn open(&self, name: &str) -> io::Result<Opened> {
        self.faults.count()?;
        self.store.open(name)
    }
    fn list(&self) -> io::Result<Vec<String>> {
        self.faults.count()?;
        self.store.list()
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.faults.count()?;
        self.store.remove(name)
    }
    fn describe(&self, name: &str) -> String {
        self.store.describe(name)
    }
}

/// A directory with snapshot 9, in which nothing works any more after `calls` calls of those that make 10 the newest; what came of it,
/// and whether all calls were made.
fn interrupt(calls: i64, peer: Option<&SnapshotDir>) -> (MemoryStore, Result<(), SnapshotError>, bool) {
    let store = MemoryStore::new();
    write_at(&open(&store), 9).unwrap();
    let faults = Arc::new(Faults { calls_left: AtomicI64::new(calls), for_good: true });
    let dying = Dying { store: store.clone(), faults: faults.clone() };
    let result = SnapshotDir::open(Arc::new(dying), 0).and_then(|dir| match peer {
        None => write_at(&dir, 10).map(|_| ()),
        Some(peer) => send(peer, &dir, 1000).map(|_| ()),
    });
    (store, result, faults.calls_left.load(Ordering::Relaxed) > 0)
}

#[test]
fn snapshot_failing_at_any_call_leaves_nothing_and_the_next_is_written() {
    // The second one takes the place of what is there.
    for index in [10, 9] {
        let mut failed = 0;
        for calls in 0.. {
            let store = MemoryStore::new();
            write_at(&open(&store), 9).unwrap();
            let faults = Arc::new(Faults { calls_left: AtomicI64::new(i64::MAX), for_good: false });
            let dying = Dying { store: store.clone(), faults: faults.clone() };
            let dir = SnapshotDir::open(Arc::new(dying), 0).unwrap();
            faults.calls_left.store(calls, Ordering::Relaxed);
            if write_at(&dir, index).is_err() {
                assert_eq!(store.list().unwrap(), [name_at(9)], "{index} after {calls} calls");
                assert_eq!(dir.load_latest().unwrap().unwrap().0.last_index, 9);
                write_at(&dir, 11).unwrap();
                assert_eq!(store.list().unwrap(), [name_at(11)]);
                failed += 1;
            }
            if faults.calls_left.load(Ordering::Relaxed) > 0 {
                break;
            }
        }
        assert!(failed >= 5, "create, write, finish, rename and sync: {failed}");
    }
}

/// Loses power; of what was done to names and not synced, that has reached the disk whose bit is set. False if `which` has a bit for
/// nothing.
fn lose_power(store: &MemoryStore, which: u32) -> bool {
    let mut unsynced = 0;
    store.crash(|| {
        unsynced += 1;
        which >> (unsynced - 1) & 1 == 1
    });
    which >> unsynced == 0
}

/// One snapshot is there, whole and alone: its last index.
fn only_one(store: &MemoryStore) -> u64 {
    let dir = open(store);
    let (meta, state) = dir.load_latest().unwrap().expect("one of both is there");
    assert_same(&state, &state_at(meta.last_index));
    assert_eq!(store.list().unwrap(), [name_at(meta.last_index)]);
    meta.last_index
}

#[test]
fn power_lost_at_any_call_leaves_the_old_or_the_new_one_whole() {
    let peer = open(&MemoryStore::new());
    write_at(&peer, 10).unwrap();
    for peer in [None, Some(&peer)] {
        let (mut old, mut new) = (0, 0);
        for calls in 0.. {
            let mut was_whole = false;
            for which in 0.. {
                let (store, result, is_whole) = interrupt(calls, peer);
                if !lose_power(&store, which) {
                    break;
                }
                let found = only_one(&store);
                assert!(result.is_err() || found == 10, "what was reported is there");
                *(if found == 10 { &mut new } else { &mut old }) += 1;
                was_whole = is_whole;
            }
            if was_whole {
                break;
            }
        }
        assert!(old > 3 && new > 1, "{old} times the old one, {new} times the new one");
    }
}

/// The process is killed at any call, and the next one has opened the directory when the power is lost.
#[test]
fn power_lost_after_a_restart_leaves_the_one_that_the_restart_found() {
    let (mut old, mut new) = (0, 0);
    for calls in 0.. {
        let mut was_whole = false;
        for which in 0.. {
            let (store, _, is_whole) = interrupt(calls, None);
            let found = open(&store).latest().map(|id| id.last_index);
            if !lose_power(&store, which) {
                break;
            }
            assert_eq!(Some(only_one(&store)), found);
            *(if found == Some(10) { &mut new } else { &mut old }) += 1;
            was_whole = is_whole;
        }
        if was_whole {
            break;
        }
    }
    assert!(old > 3 && new > 1, "{old} times the old one, {new} times the new one");
}
