//! Files of zeros, written ahead, that become the next files of the log.
//!
//! In a file whose blocks were written before, an append changes nothing but those blocks. In one that only grows, or was only
//! allocated, each fsync waits for the journal too (measured: a tenth to an eighth of three nodes' writes). Once the log is long enough,
//! raft-engine reuses old files and asks for none of these.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::mpsc;

use parking_lot::Mutex;
use rustix::fs::OFlags;

use super::direct::{Aligned, BLOCK, open_direct};
use crate::sys::disk::{self, Reach};

const SUFFIX: &str = "spare";
const UNFINISHED: &str = "spare-part";
const PIECE: usize = 256 << 10;

/// Free bytes of the disk that `dir` is on.
pub fn free_bytes(dir: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(dir).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// The spare files of one directory.
pub struct PrefilledFiles {
    dir: PathBuf,
    file_bytes: u64,
    /// How many should be there.
    count: usize,
    ready: Mutex<VecDeque<PathBuf>>,
    /// Whom to tell that one was taken.
    taken: Mutex<Option<mpsc::Sender<()>>>,
}

impl PrefilledFiles {
    /// Takes over those that are there; more are written by [`Self::fill`].
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn open(dir: &Path, file_bytes: u64, count: usize) -> io::Result<Self> {
        let file_bytes = file_bytes.next_multiple_of(BLOCK as u64);
        let mut ready = VecDeque::new();
        for file in fs::read_dir(dir)? {
            let file = file?;
            let path = file.path();
            let whole = match path.extension().and_then(|extension| extension.to_str()) {
                Some(SUFFIX) => file.metadata()?.len() == file_bytes && ready.len() < count,
                Some(UNFINISHED) => false,
                _ => continue,
            };
            if whole {
                ready.push_back(path);
            } else {
                disk::remove(&path)?;
            }
        }
        Ok(Self { dir: dir.into(), file_bytes, count, ready: Mutex::new(ready), taken: Mutex::new(None) })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.ready.lock().is_empty()
    }

    /// A file to be renamed, if there is one.
    pub fn take(&self) -> Option<PathBuf> {
        let spare = self.ready.lock().pop_front();
        if let Some(taken) = &*self.taken.lock() {
            // A thread that has ended fills nothing.
            let _ = taken.send(());
        }
        spare
    }

    /// True if there is room for another one that leaves so much free, and as much again as the log may need meanwhile.
    pub fn has_room(&self, keep_free: u64) -> bool {
        free_bytes(&self.dir).is_none_or(|free| free >= keep_free.saturating_add(2 * self.file_bytes))
    }

    /// Removes those that are ready: their room is worth more.
    pub fn give_back(&self) {
        for spare in self.ready.lock().drain(..) {
            // One that is gone takes no room.
            drop(disk::remove(&spare));
        }
    }

    /// A message for each file that is taken from now on, until [`Self::close`].
    pub fn watch(&self) -> mpsc::Receiver<()> {
        let (taken, watch) = mpsc::channel();
        *self.taken.lock() = Some(taken);
        watch
    }

    /// Ends what [`Self::watch`] began.
    pub fn close(&self) {
        self.taken.lock().take();
    }

    /// True until [`Self::close`].
    pub fn is_watched(&self) -> bool {
        self.taken.lock().is_some()
    }

    /// Writes what is missing, for as long as `go_on`, which is asked before each piece (and may pause), says so.
    ///
    /// # Errors
    /// A file cannot be written, for want of space perhaps; it is removed. The log then does without it.
    pub fn fill(&self, mut go_on: impl FnMut() -> bool) -> io::Result<()> {
        while self.ready.lock().len() < self.count {
            let path = self.free_name();
            let unfinished = path.with_extension(UNFINISHED);
            let written = self.write(&unfinished, &mut go_on);
            if !matches!(written, Ok(true)) {
                // Opening the directory removes it too.
                drop(disk::remove(&unfinished));
                return written.map(|_| ());
            }
            disk::rename(&unfinished, &path)?;
            self.ready.lock().push_back(path);
        }
        Ok(())
    }

    fn free_name(&self) -> PathBuf {
        let ready = self.ready.lock();
        let mut names = (0..).map(|number: u32| self.dir.join(format!("{number}.{SUFFIX}")));
        names.find(|name| !ready.contains(name)).unwrap_or_default()
    }

    /// False if it was told to stop.
    fn write(&self, path: &Path, go_on: &mut impl FnMut() -> bool) -> io::Result<bool> {
        let zeros = Aligned::new(PIECE);
        // Synced once at the end: each sync would make one of the log wait.
        let file = open_direct(path, true, OFlags::empty()).or_else(|_| disk::create(path))?;
        let mut at = 0;
        while at < self.file_bytes {
            if !go_on() {
                return Ok(false);
            }
            let piece = zeros.get(usize::try_from(self.file_bytes - at).unwrap_or(PIECE).min(PIECE));
            disk::write_all_at(&file, piece, at, Reach::Cached)?;
            at += piece.len() as u64;
        }
        disk::sync_all(&file)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(dir).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn whole_spare_is_kept_and_missing_one_is_written() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("0.spare"), vec![0; 8192]).unwrap();
        fs::write(dir.path().join("7.spare"), vec![0; 100]).unwrap();
        fs::write(dir.path().join("1.spare-part"), vec![0; 8192]).unwrap();
        fs::write(dir.path().join("other"), "kept").unwrap();
        let spares = PrefilledFiles::open(dir.path(), 8192, 2).unwrap();
        assert_eq!(names(dir.path()), ["0.spare", "other"]);
        spares.fill(|| true).unwrap();
        assert_eq!(names(dir.path()), ["0.spare", "1.spare", "other"]);
        assert_eq!(fs::read(dir.path().join("1.spare")).unwrap(), vec![0; 8192]);
        let watch = spares.watch();
        for (_, left) in [(0, 1), (1, 0)] {
            fs::remove_file(spares.take().unwrap()).unwrap();
            assert_eq!(spares.ready.lock().len(), left);
            assert!(watch.try_recv().is_ok());
        }
        assert_eq!(spares.take(), None);
    }

    #[test]
    fn unfinished_spare_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let spares = PrefilledFiles::open(dir.path(), 2 * PIECE as u64, 1).unwrap();
        let mut pieces = 0;
        spares
            .fill(|| {
                pieces += 1;
                pieces < 2
            })
            .unwrap();
        assert_eq!((names(dir.path()), spares.take()), (Vec::new(), None));
    }

    #[test]
    fn spares_are_given_back_and_leave_the_reserve_free() {
        let dir = tempfile::tempdir().unwrap();
        let spares = PrefilledFiles::open(dir.path(), 8192, 2).unwrap();
        spares.fill(|| spares.has_room(0)).unwrap();
        assert_eq!(names(dir.path()).len(), 2);
        spares.give_back();
        assert_eq!((names(dir.path()), spares.take()), (Vec::new(), None));
        let free = free_bytes(dir.path()).unwrap();
        assert!(!spares.has_room(2 * free) && !spares.has_room(u64::MAX));
    }
}
