//! Writes of whole blocks past the page cache: how a file is opened for them, and memory that they can be made from.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

use crate::sys::disk;

/// What `O_DIRECT` demands of addresses, offsets and lengths: the largest logical block of common disks.
pub const BLOCK: usize = 4096;

/// Opens `path` for writes of whole blocks past the page cache; with `DSYNC` they are durable when they return.
pub fn open_direct(path: &Path, create: bool, sync: OFlags) -> io::Result<File> {
    let flags = (OFlags::DIRECT | sync).bits().cast_signed();
    disk::open(OpenOptions::new().write(true).create(create).truncate(false).custom_flags(flags), path)
}

/// Memory that begins at a multiple of [`BLOCK`].
pub struct Aligned {
    memory: Vec<u8>,
    start: usize,
}

impl Aligned {
    /// `len` zeros.
    pub fn new(len: usize) -> Self {
        let memory = vec![0; len + BLOCK];
        let start = memory.as_ptr().align_offset(BLOCK);
        Self { memory, start }
    }

    /// The first `len` bytes.
    pub fn get(&self, len: usize) -> &[u8] {
        self.memory.split_at(self.start).1.split_at(len).0
    }

    pub(super) fn get_mut(&mut self, len: usize) -> &mut [u8] {
        self.memory.split_at_mut(self.start).1.split_at_mut(len).0
    }

    /// Makes room for `len` bytes; the first `keep` stay.
    pub(super) fn reserve(&mut self, len: usize, keep: usize) {
        if self.memory.len() < self.start + len {
            let mut larger = Self::new(len.next_power_of_two());
            larger.get_mut(keep).copy_from_slice(self.get(keep));
            *self = larger;
        }
    }
}
