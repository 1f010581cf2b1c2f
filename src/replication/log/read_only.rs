//! A log that is only looked at: a stopped node's, or a copy. No byte of it changes; torn ends are passed over, not cut.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use raft_engine::env::{FileSystem, Handle, Permission, WriteExt};

use super::engine::{EngineOptions, load};
use super::record::Record;
use super::region::region;
use super::scan::{self, MAGIC, VERSION};
use super::state::GroupState;
use crate::error::Fatal;
use crate::replication::types::Entry;

/// A log on disk that nobody writes.
pub struct ReadOnlyLog {
    engine: raft_engine::Engine<ReadOnlyFiles>,
    /// What the operator should hear of it.
    pub notices: Vec<String>,
    /// Files, and their bytes as far as they count.
    pub size: (usize, u64),
}

impl ReadOnlyLog {
    /// Checks all files against their checksums, and finds out what is in them.
    ///
    /// # Errors
    /// The log is damaged, or of another version.
    pub fn open(dir: &Path) -> Result<Self, Fatal> {
        let torn = scan::examine(dir)?;
        let notices = torn.iter().filter_map(scan::Torn::notice).collect();
        let ends = torn.into_iter().map(|torn| (torn.path, torn.offset as u64)).collect();
        let config = EngineOptions::new(dir).config();
        let config = raft_engine::Config { enable_log_recycle: false, ..config };
        let engine = raft_engine::Engine::open_with_file_system(config, Arc::new(ReadOnlyFiles { ends }))
            .map_err(|error| Fatal(format!("the log in {} cannot be read: {error}", dir.display())))?;
        let mut size = (0, 0);
        for file in std::fs::read_dir(dir)? {
            let file = file?;
            if file.path().extension().is_some_and(|extension| extension == "raftlog" || extension == "rewrite") {
                size = (size.0 + 1, size.1 + file.metadata()?.len());
            }
        }
        Ok(Self { engine, notices, size })
    }

    /// The record of a group; None if there never was anything of it.
    ///
    /// # Errors
    /// What the record promises is not there.
    pub fn state(&self, group: u64) -> Result<Option<GroupState>, Fatal> {
        load(&self.engine, group)
    }

    /// Entries of a group from `start` to before `end`, about `max_bytes` of them, but at least one.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn read(&self, group: u64, start: u64, end: u64, max_bytes: usize) -> io::Result<Vec<Entry>> {
        let mut records: Vec<Record> = Vec::new();
        self.engine
            .fetch_entries_to::<Record>(region(group), start, end, Some(max_bytes), &mut records)
            .map_err(io::Error::other)?;
        Ok(records.into_iter().map(|record| record.0).collect())
    }
}

/// Files as far as they count; what would be written goes nowhere.
struct ReadOnlyFiles {
    ends: BTreeMap<PathBuf, u64>,
}

struct ReadOnlyFile {
    /// None: one that was only begun, and so has a header and nothing else.
    file: Option<File>,
    len: u64,
}

struct Cursor {
    handle: Arc<ReadOnlyFile>,
    at: u64,
}

fn header() -> Vec<u8> {
    [MAGIC, &VERSION.to_be_bytes(), &[0; 8]].concat()
}

impl ReadOnlyFile {
    fn begun() -> Self {
        Self { file: None, len: header().len() as u64 }
    }
}

impl FileSystem for ReadOnlyFiles {
    type Handle = ReadOnlyFile;
    type Reader = Cursor;
    type Writer = Cursor;

    fn create<P: AsRef<Path>>(&self, _: P) -> io::Result<ReadOnlyFile> {
        Ok(ReadOnlyFile::begun())
    }

    fn open<P: AsRef<Path>>(&self, path: P, _: Permission) -> io::Result<ReadOnlyFile> {
        let end = self.ends.get(path.as_ref()).copied();
        if end == Some(0) {
            return Ok(ReadOnlyFile::begun());
        }
        let file = File::open(path)?;
        let len = end.unwrap_or(file.metadata()?.len());
        Ok(ReadOnlyFile { file: Some(file), len })
    }

    fn delete<P: AsRef<Path>>(&self, _: P) -> io::Result<()> {
        Ok(())
    }

    fn rename<P: AsRef<Path>>(&self, _: P, _: P) -> io::Result<()> {
        Ok(())
    }

    fn new_reader(&self, handle: Arc<ReadOnlyFile>) -> io::Result<Cursor> {
        Ok(Cursor { handle, at: 0 })
    }

    fn new_writer(&self, handle: Arc<ReadOnlyFile>) -> io::Result<Cursor> {
        Ok(Cursor { handle, at: 0 })
    }
}

impl Handle for ReadOnlyFile {
    fn truncate(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn file_size(&self) -> io::Result<usize> {
        Ok(self.len as usize)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Cursor {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.handle.len.saturating_sub(self.at).min(into.len() as u64) as usize;
        let (into, _) = into.split_at_mut(left);
        let read = match &self.handle.file {
            Some(file) => file.read_at(into, self.at)?,
            None => header().get(self.at as usize..).unwrap_or_default().read(into)?,
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl Write for Cursor {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.handle.len.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

impl WriteExt for Cursor {
    fn truncate(&mut self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn allocate(&mut self, _: usize, _: usize) -> io::Result<()> {
        Ok(())
    }
}
