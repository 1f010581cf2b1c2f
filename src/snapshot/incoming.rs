//! A snapshot that a peer sends.
//!
//! Invariant: it counts only after the whole file was read back, checked and found to make a state, and is durable. Given up
//! before that (dropped), it leaves nothing.

use super::dir::Temp;
use super::error::Problem;
use super::{Meta, Reader, SnapshotDir, SnapshotError, SnapshotWriter};
use crate::store::State;

/// Collects the bytes of a snapshot. All calls block on the disk.
pub struct IncomingSnapshot {
    dir: SnapshotDir,
    // Before `temp`, so that the file is closed when it is removed.
    writer: Box<dyn SnapshotWriter>,
    temp: Temp,
    len: u64,
}

impl IncomingSnapshot {
    pub(super) fn new(dir: SnapshotDir, temp: Temp, writer: Box<dyn SnapshotWriter>) -> Self {
        Self { dir, writer, temp, len: 0 }
    }

    /// Bytes received.
    pub fn received(&self) -> u64 {
        self.len
    }

    /// Takes the next bytes, in the order of the file.
    ///
    /// # Errors
    /// Those of the store; too little room.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.writer.write_all(bytes).map_err(|error| SnapshotError::io(&self.temp.file(), error))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Checks what was received, makes it durable and then the newest snapshot, and returns its state.
    ///
    /// # Errors
    /// Damage, a snapshot of another group, one older than the newest here, those of the store. What was received is
    /// dropped then.
    pub fn finish(self) -> Result<(Meta, State), SnapshotError> {
        let Self { dir, mut writer, temp, len: _ } = self;
        let file = temp.file();
        let failed = |error| SnapshotError::io(&file, error);
        writer.flush().map_err(failed)?;
        let reader = Reader::new(temp.open().map_err(failed)?.reader, &file)?;
        dir.check_group(reader.meta(), &file)?;
        let (meta, state) = reader.read_state()?;
        writer.finish().map_err(failed)?;
        if !dir.publish(&temp, &meta).map_err(failed)? {
            return Err(Problem::Misplaced("a newer one is here".into()).of(&file));
        }
        Ok((meta, state))
    }
}
