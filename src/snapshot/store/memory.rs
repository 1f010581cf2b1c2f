//! Memory in place of a disk: the same calls give the same files, and a crash or a full disk can be had on demand.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Opened, SnapshotStore, SnapshotWriter};

/// Files in memory; clones share them, as processes do a disk.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<Disk>>);

type Names = BTreeMap<String, Arc<Mutex<Stored>>>;

#[derive(Debug, Default)]
struct Disk {
    names: Names,
    /// As of the last sync of the directory.
    durable_names: Names,
    /// What was done since, each as a whole.
    unsynced: Vec<Change>,
    bytes_max: Option<usize>,
}

/// What a call does to the directory.
#[derive(Clone, Debug)]
struct Change {
    gone: Option<String>,
    there: Option<(String, Arc<Mutex<Stored>>)>,
}

#[derive(Debug, Default)]
struct Stored {
    bytes: Arc<Vec<u8>>,
    /// How many of the bytes survive a crash.
    durable: usize,
}

impl Disk {
    fn change(&mut self, change: Change) {
        change.clone().apply(&mut self.names);
        self.unsynced.push(change);
    }

    fn used(&self) -> usize {
        self.names.values().map(|stored| stored.lock().bytes.len()).sum()
    }
}

impl Change {
    fn apply(self, names: &mut Names) {
        if let Some(name) = self.gone {
            names.remove(&name);
        }
        names.extend(self.there);
    }
}

impl MemoryStore {
    /// An empty disk without bounds.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bounds the bytes of all files from now on: beyond it the disk is full.
    pub fn limit(&self, bytes_max: Option<usize>) {
        self.0.lock().bytes_max = bytes_max;
    }

    /// What a loss of power leaves: of each file the bytes that were made durable, and of what was done to names since the directory
    /// was last synced that for which `has_reached_disk`, asked in the order of the calls, says so.
    pub fn crash(&self, mut has_reached_disk: impl FnMut() -> bool) {
        let disk = &mut *self.0.lock();
        for change in disk.unsynced.drain(..) {
            if has_reached_disk() {
                change.apply(&mut disk.durable_names);
            }
        }
        disk.names = disk.durable_names.clone();
        for stored in disk.names.values() {
            let stored = &mut *stored.lock();
            Arc::make_mut(&mut stored.bytes).truncate(stored.durable);
        }
    }

    /// The bytes of a file.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.0.lock().names.get(name).map(|stored| stored.lock().bytes.to_vec())
    }

    /// Puts a file there, durable.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        let durable = bytes.len();
        let stored = Arc::new(Mutex::new(Stored { bytes: Arc::new(bytes), durable }));
        let disk = &mut *self.0.lock();
        disk.names.insert(name.into(), stored.clone());
        disk.durable_names.insert(name.into(), stored);
    }
}

impl SnapshotStore for MemoryStore {
    fn create(&self, temp_name: &str) -> io::Result<Box<dyn SnapshotWriter>> {
        let stored = Arc::new(Mutex::new(Stored::default()));
        self.0.lock().change(Change { gone: None, there: Some((temp_name.into(), stored.clone())) });
        Ok(Box::new(Appender { store: self.clone(), stored }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = self.0.lock();
        let stored = disk.names.get(from).cloned().ok_or(io::ErrorKind::NotFound)?;
        disk.change(Change { gone: Some(from.into()), there: Some((to.into(), stored)) });
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        let disk = &mut *self.0.lock();
        disk.unsynced.clear();
        disk.durable_names = disk.names.clone();
        Ok(())
    }

    fn open(&self, name: &str) -> io::Result<Opened> {
        let stored = self.0.lock().names.get(name).cloned().ok_or(io::ErrorKind::NotFound)?;
        let bytes = stored.lock().bytes.clone();
        Ok(Opened { len: bytes.len() as u64, reader: Box::new(Cursor::new(Shared(bytes))) })
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().names.keys().cloned().collect())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut disk = self.0.lock();
        if disk.names.contains_key(name) {
            disk.change(Change { gone: Some(name.into()), there: None });
        }
        Ok(())
    }

    fn describe(&self, name: &str) -> String {
        name.into()
    }

    fn free_bytes(&self) -> Option<u64> {
        let disk = self.0.lock();
        disk.bytes_max.map(|max| max.saturating_sub(disk.used()) as u64)
    }
}

struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

struct Appender {
    store: MemoryStore,
    stored: Arc<Mutex<Stored>>,
}

impl Write for Appender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let disk = self.store.0.lock();
        if disk.bytes_max.is_some_and(|max| disk.used() + bytes.len() > max) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Arc::make_mut(&mut self.stored.lock().bytes).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SnapshotWriter for Appender {
    fn finish(self: Box<Self>) -> io::Result<()> {
        let stored = &mut *self.stored.lock();
        stored.durable = stored.bytes.len();
        Ok(())
    }
}
