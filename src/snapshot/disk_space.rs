//! Disk space for a file that is being written.
//!
//! Invariant: a snapshot under way, whether of this node or of a peer, never takes the last `keep_free` bytes of the disk: it fails
//! before, because the log has to go on.

use std::io::{self, Write};
use std::sync::Arc;

use super::{SnapshotStore, SnapshotWriter};

/// Begins a file that leaves `keep_free` bytes free; refused if fewer are.
pub(super) fn create(
    store: &Arc<dyn SnapshotStore>,
    temp_name: &str,
    keep_free: u64,
) -> io::Result<Box<dyn SnapshotWriter>> {
    check(&**store, keep_free, 0)?;
    let writer = store.create(temp_name)?;
    Ok(Box::new(Reserving { store: store.clone(), writer, keep_free }))
}

struct Reserving {
    store: Arc<dyn SnapshotStore>,
    writer: Box<dyn SnapshotWriter>,
    keep_free: u64,
}

impl Write for Reserving {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        check(&*self.store, self.keep_free, bytes.len())?;
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl SnapshotWriter for Reserving {
    fn finish(self: Box<Self>) -> io::Result<()> {
        self.writer.finish()
    }
}

fn check(store: &dyn SnapshotStore, keep_free: u64, more: usize) -> io::Result<()> {
    if store.free_bytes().is_none_or(|free| free >= keep_free.saturating_add(more as u64)) {
        return Ok(());
    }
    // The same words whatever is free by now: a reason is said once.
    let why =
        format!("it would not leave the log {} MB of disk (half of disk-reserve): free some space", keep_free >> 20);
    Err(io::Error::new(io::ErrorKind::StorageFull, why))
}
