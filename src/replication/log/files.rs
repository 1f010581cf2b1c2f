//! raft-engine's files, written so that a durable append costs least.
//!
//! A file is appended to in whole blocks past the page cache (`O_DIRECT`), each write durable when it returns (`O_DSYNC`): one system
//! call where a write and an fdatasync would be two, and no search through cached pages. Where that pays is a file whose blocks were
//! written before ([`super::spare`]): there an append changes no metadata and waits for no journal. On a file system without `O_DIRECT` the
//! same writes go through the page cache, and `sync` is an fdatasync.
//!
//! Invariants
//! - What a [`Writer`] has written is durable when `write` returns, or its handle says `unsynced` and `sync` makes it durable.
//! - The last block is written again with what it held, what is appended, and zeros: never with fewer of the bytes before the end.
//!   So a write that power loss tears changes no byte that was durable.
//! - A file that is used again has its new name, durably, before its first block is written.
//! - A file is never longer than raft-engine knows: a file that is not the last one has to end with its last record.
//! - Behind the end stand zeros or what a reused file held there, which count for nothing; never a copy of this file's own records, which
//!   `scan` would take for proof that something before them was damaged.

use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use raft_engine::env::FileSystem;
use raft_engine::env::Handle;
use raft_engine::env::Permission;
use raft_engine::env::WriteExt;
use rustix::fs::OFlags;

use super::direct::{Aligned, BLOCK, open_direct};
use super::prefilled::PrefilledFiles;
use crate::sys::disk::{self, Reach};

/// Most bytes of one write. A longer append is several, each of them durable.
const WRITE_MAX: usize = 1 << 20;

static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// The files of one directory.
pub struct LogFiles {
    direct: bool,
    spares: Arc<PrefilledFiles>,
}

impl LogFiles {
    /// Finds out what the file system of `spares`' directory can do; `direct`: whether that is wanted.
    pub fn new(spares: Arc<PrefilledFiles>, direct: bool) -> Self {
        let probe = spares.dir().join("probe");
        let direct = direct
            && open_direct(&probe, true, OFlags::DSYNC).is_ok_and(|file| {
                let block = Aligned::new(BLOCK);
                file.write_all_at(block.get(BLOCK), 0).is_ok()
            });
        // It may not be there.
        drop(disk::remove(&probe));
        Self { direct, spares }
    }
}

impl FileSystem for LogFiles {
    type Handle = LogFile;
    type Reader = LogReader;
    type Writer = Writer;

    fn create<P: AsRef<Path>>(&self, path: P) -> io::Result<LogFile> {
        let path = path.as_ref();
        if path.extension().is_some_and(|extension| extension == "raftlog")
            && let Some(spare) = self.spares.take()
        {
            // Somebody may have removed it, for its space: the file then begins empty.
            drop(disk::rename(&spare, path));
        }
        let file = disk::open(OpenOptions::new().read(true).write(true).create(true).truncate(false), path)?;
        LogFile::new(file, path, self.direct)
    }

    fn open<P: AsRef<Path>>(&self, path: P, permission: Permission) -> io::Result<LogFile> {
        let path = path.as_ref();
        let file = OpenOptions::new().read(true).write(permission == Permission::ReadWrite).open(path)?;
        LogFile::new(file, path, self.direct)
    }

    fn delete<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        disk::remove(path.as_ref())
    }

    fn rename<P: AsRef<Path>>(&self, from: P, to: P) -> io::Result<()> {
        disk::rename(from.as_ref(), to.as_ref())
    }

    /// Its new name is durable before anything is written to it: else a loss of power could leave a file with the old name, in which the block
    /// with the new header has taken the place of records.
    fn reuse<P: AsRef<Path>>(&self, from: P, to: P) -> io::Result<()> {
        let to = to.as_ref();
        disk::rename(from.as_ref(), to)?;
        to.parent().map_or(Ok(()), disk::sync_dir)
    }

    fn new_reader(&self, handle: Arc<LogFile>) -> io::Result<LogReader> {
        Ok(LogReader { handle, offset: 0 })
    }

    fn new_writer(&self, handle: Arc<LogFile>) -> io::Result<Writer> {
        let direct = if handle.direct { Some(open_direct(&handle.path, false, OFlags::DSYNC)?) } else { None };
        Ok(Writer { handle, direct, offset: 0, buffer: Aligned::new(0) })
    }
}

/// An open file.
pub struct LogFile {
    file: File,
    path: PathBuf,
    direct: bool,
    /// Something was written, or may have been, that is not yet durable.
    unsynced: AtomicBool,
    len: AtomicU64,
}

impl LogFile {
    fn new(file: File, path: &Path, direct: bool) -> io::Result<Self> {
        let len = AtomicU64::new(file.metadata()?.len());
        Ok(Self { file, path: path.into(), direct, unsynced: AtomicBool::new(true), len })
    }
}

impl Handle for LogFile {
    fn truncate(&self, offset: usize) -> io::Result<()> {
        self.unsynced.store(true, Ordering::Release);
        disk::set_len(&self.file, offset as u64)?;
        self.len.store(offset as u64, Ordering::Release);
        Ok(())
    }

    fn file_size(&self) -> io::Result<usize> {
        Ok(self.len.load(Ordering::Acquire) as usize)
    }

    fn sync(&self) -> io::Result<()> {
        if self.unsynced.swap(false, Ordering::AcqRel) {
            let synced = disk::sync_data(&self.file);
            if synced.is_err() {
                self.unsynced.store(true, Ordering::Release);
            }
            return synced;
        }
        Ok(())
    }
}

/// Reads a file through the page cache, from where it stands.
pub struct LogReader {
    handle: Arc<LogFile>,
    offset: u64,
}

impl Read for LogReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.handle.file.read_at(into, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

impl Seek for LogReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.offset = position(to, self.offset, &self.handle)?;
        Ok(self.offset)
    }
}

fn position(to: SeekFrom, now: u64, handle: &LogFile) -> io::Result<u64> {
    let at = match to {
        SeekFrom::Start(at) => Some(at),
        SeekFrom::Current(by) => now.checked_add_signed(by),
        SeekFrom::End(by) => (handle.file_size()? as u64).checked_add_signed(by),
    };
    at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))
}

/// Writes a file from where it stands.
pub struct Writer {
    handle: Arc<LogFile>,
    direct: Option<File>,
    offset: u64,
    /// With `direct`: begins with the bytes of the block that `offset` is in, up to `offset`.
    buffer: Aligned,
}

impl Writer {
    fn begun(&self) -> usize {
        (self.offset % BLOCK as u64) as usize
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(direct) = &self.direct else {
            self.handle.unsynced.store(true, Ordering::Release);
            disk::write_all_at(&self.handle.file, bytes, self.offset, Reach::Cached)?;
            self.offset += bytes.len() as u64;
            self.handle.len.fetch_max(self.offset, Ordering::AcqRel);
            return Ok(bytes.len());
        };
        let begun = self.begun();
        let (bytes, _) = bytes.split_at(bytes.len().min(WRITE_MAX));
        let end = begun + bytes.len();
        let blocks = end.next_multiple_of(BLOCK);
        self.buffer.reserve(blocks, begun);
        let buffer = self.buffer.get_mut(blocks);
        let (_, free) = buffer.split_at_mut(begun);
        let (appended, padding) = free.split_at_mut(bytes.len());
        appended.copy_from_slice(bytes);
        padding.fill(0);
        let at = self.offset - begun as u64;
        disk::write_all_at(direct, buffer, at, Reach::Durable)?;
        buffer.copy_within(end / BLOCK * BLOCK..end, 0);
        self.offset += bytes.len() as u64;
        let len = self.handle.len.fetch_max(self.offset, Ordering::AcqRel).max(self.offset);
        if at + blocks as u64 > len {
            self.handle.truncate(len as usize)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Writer {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.offset = position(to, self.offset, &self.handle)?;
        if self.direct.is_some() {
            let begun = self.begun();
            self.buffer.reserve(BLOCK, 0);
            self.handle.file.read_exact_at(self.buffer.get_mut(begun), self.offset - begun as u64)?;
        }
        Ok(self.offset)
    }
}

impl WriteExt for Writer {
    fn truncate(&mut self, offset: usize) -> io::Result<()> {
        self.handle.truncate(offset)?;
        self.seek(SeekFrom::Start(offset as u64)).map(|_| ())
    }

    /// Writes zeros: allocating alone would leave the first write of each block to the journal.
    fn allocate(&mut self, offset: usize, size: usize) -> io::Result<()> {
        self.handle.unsynced.store(true, Ordering::Release);
        let mut at = offset;
        while at < offset + size {
            let (zeros, _) = ZEROS.split_at(ZEROS.len().min(offset + size - at));
            disk::write_all_at(&self.handle.file, zeros, at as u64, Reach::Cached)?;
            at += zeros.len();
            self.handle.len.fetch_max(at as u64, Ordering::AcqRel);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
