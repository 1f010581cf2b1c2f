//! A real directory.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

use super::{Opened, SnapshotStore, SnapshotWriter};
use crate::sys::disk::{self, Reach};

/// So much is written between two syncs: the Raft log's fsync may lie on the same disk, and must not wait for hundreds of
/// megabytes of dirty pages.
const SYNC_EVERY: usize = 8 * 1024 * 1024;

/// The files of one directory, which nobody else writes to.
#[derive(Debug)]
pub struct DiskStore {
    dir: PathBuf,
    /// Open all the time: the last step of a snapshot needs no file that the system may not have.
    handle: File,
}

impl DiskStore {
    /// Takes a directory, made if it is not there.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn open(dir: impl Into<PathBuf>) -> io::Result<Self> {
        let dir = dir.into();
        fs::create_dir_all(&dir)?;
        disk::sync_parent(&dir)?;
        let handle = File::open(&dir)?;
        Ok(Self { dir, handle })
    }
}

impl SnapshotStore for DiskStore {
    fn create(&self, temp_name: &str) -> io::Result<Box<dyn SnapshotWriter>> {
        let file = disk::create(&self.dir.join(temp_name))?;
        Ok(Box::new(PacedFile { file, len: 0, unsynced: 0 }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        disk::rename(&self.dir.join(from), &self.dir.join(to))
    }

    fn sync_dir(&self) -> io::Result<()> {
        disk::sync_opened_dir(&self.handle, &self.dir)
    }

    fn open(&self, name: &str) -> io::Result<Opened> {
        let file = File::open(self.dir.join(name))?;
        Ok(Opened { len: file.metadata()?.len(), reader: Box::new(file) })
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            if entry.file_type()?.is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match disk::remove(&self.dir.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn describe(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    fn free_bytes(&self) -> Option<u64> {
        let stat = rustix::fs::statvfs(&self.dir).ok()?;
        Some(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

/// A file that never has much to write back.
struct PacedFile {
    file: File,
    len: u64,
    unsynced: usize,
}

impl Write for PacedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        disk::write_all_at(&self.file, bytes, self.len, Reach::Cached)?;
        self.len += bytes.len() as u64;
        self.unsynced += bytes.len();
        if self.unsynced >= SYNC_EVERY {
            disk::sync_data(&self.file)?;
            self.unsynced = 0;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SnapshotWriter for PacedFile {
    fn finish(self: Box<Self>) -> io::Result<()> {
        disk::sync_all(&self.file)
    }
}
