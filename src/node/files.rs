//! Small files of a node: its identity, its clock. A seam, so that the simulation can keep them in memory.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use parking_lot::Mutex;

use crate::error::Fatal;
use crate::sys::disk;

/// Named texts that survive a restart.
pub trait Files: Send + Sync {
    /// The text; None if there is none.
    ///
    /// # Errors
    /// The disk's.
    fn read(&self, name: &str) -> io::Result<Option<String>>;
    /// Replaces the text as a whole; durable on return.
    ///
    /// # Errors
    /// The disk's.
    fn write(&self, name: &str, text: &str) -> io::Result<()>;
    /// Free bytes of the disk; None where there is none.
    fn free_bytes(&self) -> Option<u64> {
        None
    }
}

/// Files of a data directory, which is locked as long as this lives.
pub struct DiskFiles {
    dir: PathBuf,
    _lock: fs::File,
}

impl DiskFiles {
    /// Makes the directory if it is not there, and locks it.
    ///
    /// # Errors
    /// It cannot be written, or another process has it.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, Fatal> {
        let dir = dir.into();
        let cannot = |what: &str, error: io::Error| Fatal(format!("{what} {}: {error}", dir.display()));
        fs::create_dir_all(&dir).map_err(|error| cannot("cannot make the data directory", error))?;
        let lock = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join("lock"))
            .map_err(|error| cannot("cannot write in the data directory", error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(Fatal(format!(
                    "the data directory {} is in use by another process: each node needs a --dir of its own",
                    dir.display()
                )));
            }
            Err(fs::TryLockError::Error(error)) => return Err(cannot("cannot lock the data directory", error)),
        }
        Ok(Self { dir, _lock: lock })
    }
}

impl Files for DiskFiles {
    fn read(&self, name: &str) -> io::Result<Option<String>> {
        match fs::read_to_string(self.dir.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        disk::replace(&self.dir.join(name), text.as_bytes())
    }

    fn free_bytes(&self) -> Option<u64> {
        crate::replication::log::free_bytes(&self.dir)
    }
}

/// Files in memory.
#[derive(Default)]
pub struct MemoryFiles(Mutex<BTreeMap<String, String>>);

impl Files for MemoryFiles {
    fn read(&self, name: &str) -> io::Result<Option<String>> {
        Ok(self.0.lock().get(name).cloned())
    }

    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        self.0.lock().insert(name.into(), text.into());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::disk::crash::{Recorder, put};

    #[test]
    fn text_is_the_old_or_the_new_one_wherever_a_crash_comes() {
        let dir = tempfile::tempdir().unwrap();
        let recorded = Recorder::begin(dir.path());
        let recorder = recorded.0.clone();
        let files = DiskFiles::open(dir.path()).unwrap();
        let text =
            |number: u64| if number == 0 { None } else { Some(format!("{number} ").repeat(200 * number as usize)) };
        for number in 1..=4 {
            recorder.mark(2 * number);
            files.write("identity", &text(number).unwrap()).unwrap();
            recorder.mark(2 * number + 1);
        }
        drop(files);
        let mut states = 0;
        for at in 0..=recorder.steps() {
            let marks = recorder.marks(at);
            let last = |odd| marks.iter().filter(|mark| *mark % 2 == odd).map(|mark| mark / 2).max().unwrap_or(0);
            for found in recorder.states(at, 4, 1) {
                states += 1;
                let found = {
                    let dir = put(&found);
                    DiskFiles::open(dir.path()).unwrap().read("identity").unwrap()
                };
                assert!([text(last(1)), text(last(0))].contains(&found), "step {at}: {found:?}");
            }
        }
        assert!(states > 40, "{states}");
    }
}
