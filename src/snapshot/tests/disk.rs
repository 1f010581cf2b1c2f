//! The real directory.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::super::{DiskStore, SnapshotDir, SnapshotStore};
use super::*;

/// A directory of its own, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("lockstep-snapshot-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir(&dir).unwrap();
        Self(dir)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_directory_keeps_what_memory_keeps() {
    let scratch = Scratch::new("keeps");
    let path = scratch.0.join("snapshots");
    let dir = SnapshotDir::open(Arc::new(DiskStore::open(&path).unwrap()), 0).unwrap();
    let mut state = sample();
    let long: Vec<u8> = (0..9_500_000u32).map(|n| (n % 251) as u8).collect();
    state.restore_entry(1, Entry::new(b"beyond a sync", Str::new(&long).into(), 1, None, 0));
    dir.write(&sample(), &meta_of(&sample()), 0).unwrap();
    let summary = dir.write(&state, &Meta { last_index: 5000, ..meta_of(&state) }, 0).unwrap();
    std::fs::write(path.join("incoming-0.tmp"), b"half").unwrap();

    let dir = SnapshotDir::open(Arc::new(DiskStore::open(&path).unwrap()), 0).unwrap();
    let names: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["00000000000000005000-00000000000000000007.snapshot"]);
    assert_same(&dir.load_latest().unwrap().unwrap().1, &state);
    let mut open = dir.open_latest().unwrap().unwrap();
    assert_eq!(open.len, summary.bytes);
    std::fs::remove_file(path.join(&names[0])).unwrap();
    let mut bytes = Vec::new();
    open.reader.read_to_end(&mut bytes).unwrap();
    assert_same(&read(&bytes).unwrap().1, &state);
}

#[test]
fn damage_on_disk_is_named_with_its_path_and_offset() {
    let scratch = Scratch::new("damage");
    let dir = SnapshotDir::open(Arc::new(DiskStore::open(&scratch.0).unwrap()), 0).unwrap();
    dir.write(&sample(), &meta_of(&sample()), 0).unwrap();
    let path = scratch.0.join(dir.latest().unwrap().file_name());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[2000] ^= 0x10;
    std::fs::write(&path, &bytes).unwrap();
    let text = dir.load_latest().unwrap_err().to_string();
    let offset = chunk_offsets(&bytes)[1];
    assert!(text.contains(&format!("{} is damaged at offset {offset}: flipped bit", path.display())), "{text}");
}

#[test]
fn absent_and_unfinished_files_are_handled() {
    let scratch = Scratch::new("files");
    let store = DiskStore::open(&scratch.0).unwrap();
    store.remove("nothing").unwrap();
    assert_eq!(store.open("nothing").err().unwrap().kind(), std::io::ErrorKind::NotFound);
    std::fs::create_dir(scratch.0.join("a directory.tmp")).unwrap();
    let mut writer = store.create("b.tmp").unwrap();
    writer.write_all(b"bytes").unwrap();
    let mut bytes = Vec::new();
    store.open("b.tmp").unwrap().reader.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"bytes", "readable while under way");
    writer.finish().unwrap();
    store.rename("b.tmp", "b").unwrap();
    store.sync_dir().unwrap();
    assert_eq!(store.list().unwrap(), ["b"]);
    // It has its directory open: no other one is found where it was.
    std::fs::rename(&scratch.0, scratch.0.with_extension("moved")).unwrap();
    store.sync_dir().unwrap();
    std::fs::rename(scratch.0.with_extension("moved"), &scratch.0).unwrap();
}
