//! Memory in place of a disk: the same calls give the same files, and a crash or a full disk can be had on demand.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Opened, SnapshotStore, SnapshotWriter};

/// Files in memory; clones share them, as processes do a disk.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<Disk>>);

#[derive(Debug, Default)]
struct Disk {
    files: BTreeMap<String, Stored>,
    bytes_max: Option<usize>,
}

#[derive(Clone, Debug, Default)]
struct Stored {
    bytes: Arc<Vec<u8>>,
    /// How many of the bytes survive a crash.
    durable: usize,
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

    /// What a loss of power leaves: of each file the bytes that were made durable.
    pub fn crash(&self) {
        for stored in self.0.lock().files.values_mut() {
            Arc::make_mut(&mut stored.bytes).truncate(stored.durable);
        }
    }

    /// The bytes of a file.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.0.lock().files.get(name).map(|stored| stored.bytes.to_vec())
    }

    /// Puts a file there, durable.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        let durable = bytes.len();
        self.0.lock().files.insert(name.into(), Stored { bytes: Arc::new(bytes), durable });
    }
}

impl SnapshotStore for MemoryStore {
    fn create(&self, temp_name: &str) -> io::Result<Box<dyn SnapshotWriter>> {
        self.0.lock().files.insert(temp_name.into(), Stored::default());
        Ok(Box::new(Appender { store: self.clone(), name: temp_name.into() }))
    }

    fn publish(&self, temp_name: &str, name: &str) -> io::Result<()> {
        let mut disk = self.0.lock();
        let stored = disk.files.remove(temp_name).ok_or(io::ErrorKind::NotFound)?;
        disk.files.insert(name.into(), stored);
        Ok(())
    }

    fn open(&self, name: &str) -> io::Result<Opened> {
        let bytes = self.0.lock().files.get(name).map(|stored| stored.bytes.clone()).ok_or(io::ErrorKind::NotFound)?;
        Ok(Opened { len: bytes.len() as u64, reader: Box::new(Cursor::new(Shared(bytes))) })
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.lock().files.keys().cloned().collect())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.lock().files.remove(name);
        Ok(())
    }

    fn describe(&self, name: &str) -> String {
        name.into()
    }

    fn free_bytes(&self) -> Option<u64> {
        let disk = self.0.lock();
        let used: usize = disk.files.values().map(|stored| stored.bytes.len()).sum();
        disk.bytes_max.map(|max| max.saturating_sub(used) as u64)
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
    name: String,
}

impl Write for Appender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut disk = self.store.0.lock();
        let used: usize = disk.files.values().map(|stored| stored.bytes.len()).sum();
        if disk.bytes_max.is_some_and(|max| used + bytes.len() > max) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let stored = disk.files.get_mut(&self.name).ok_or(io::ErrorKind::NotFound)?;
        Arc::make_mut(&mut stored.bytes).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SnapshotWriter for Appender {
    fn finish(self: Box<Self>) -> io::Result<()> {
        let mut disk = self.store.0.lock();
        let stored = disk.files.get_mut(&self.name).ok_or(io::ErrorKind::NotFound)?;
        stored.durable = stored.bytes.len();
        Ok(())
    }
}
