//! Where snapshot files lie: the seam between [`super::SnapshotDir`] and a disk, so that a simulation can put memory there.

mod disk;
mod memory;

use std::io::{self, Read, Write};

pub use disk::DiskStore;
pub use memory::MemoryStore;

/// A flat set of named files. What [`SnapshotStore::create`], [`SnapshotStore::rename`] and [`SnapshotStore::remove`] do to names is
/// seen at once, but a loss of power may undo any of it, in any order, until [`SnapshotStore::sync_dir`] has returned.
pub trait SnapshotStore: Send + Sync {
    /// Begins a file under a temporary name; what was there is gone. Readable by that name at once.
    ///
    /// # Errors
    /// Those of the disk.
    fn create(&self, temp_name: &str) -> io::Result<Box<dyn SnapshotWriter>>;

    /// Gives a file another name; what was there under it is gone.
    ///
    /// # Errors
    /// Those of the disk; `NotFound`.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Makes the names durable, as they are.
    ///
    /// # Errors
    /// Those of the disk.
    fn sync_dir(&self) -> io::Result<()>;

    /// Opens a file from its start. What is open stays readable after [`SnapshotStore::remove`].
    ///
    /// # Errors
    /// Those of the disk; `NotFound`.
    fn open(&self, name: &str) -> io::Result<Opened>;

    /// Names of all files, sorted.
    ///
    /// # Errors
    /// Those of the disk.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Removes a file; one that is not there is no error.
    ///
    /// # Errors
    /// Those of the disk.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// The file as messages name it.
    fn describe(&self, name: &str) -> String;

    /// Free bytes of the disk; None where that is not known.
    fn free_bytes(&self) -> Option<u64> {
        None
    }
}

/// A file that is being written: [`Write`] appends.
pub trait SnapshotWriter: Write + Send {
    /// Makes all that was appended durable, though not the file's name. Nothing can be appended afterwards.
    ///
    /// # Errors
    /// Those of the disk.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// A file that is being read.
pub struct Opened {
    /// Length, bytes.
    pub len: u64,
    /// Its bytes from the start.
    pub reader: Box<dyn Read + Send>,
}
