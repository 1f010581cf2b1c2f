//! A snapshot being received from a peer.
//!
//! Invariants
//! - It can become the current snapshot only after the whole file was read back, checked and found to make a state, and is durable.
//! - It is current from [`ReceivedSnapshot::publish`] on, not before: whether it is installed is Raft's to say, and a current snapshot beyond
//!   the state would stand in the way of those that are to be. Dropped before, it leaves nothing.

use super::error::Problem;
use super::temp::Temp;
use super::{Meta, SnapshotDir, SnapshotError, SnapshotReader, SnapshotWriter, disk_space};
use crate::store::State;

/// Collects the bytes of a snapshot. All calls block on the disk.
pub struct IncomingSnapshot {
    dir: SnapshotDir,
    // Before `temp`, so that the file is closed when it is removed.
    writer: Box<dyn SnapshotWriter>,
    temp: Temp,
    len: u64,
}

impl SnapshotDir {
    /// Begins to receive a snapshot from a peer; it never takes the last `keep_free` bytes of the disk.
    ///
    /// # Errors
    /// Those of the store; too little disk space.
    pub fn receive(&self, keep_free: u64) -> Result<IncomingSnapshot, SnapshotError> {
        let temp = self.temp("incoming");
        let writer = disk_space::create(self.store(), &temp.name, keep_free);
        let writer = writer.map_err(|error| SnapshotError::io(&temp.file(), error))?;
        Ok(IncomingSnapshot { dir: self.clone(), writer, temp, len: 0 })
    }
}

impl IncomingSnapshot {
    /// Bytes received.
    pub fn received(&self) -> u64 {
        self.len
    }

    /// Takes the next bytes, in the order of the file.
    ///
    /// # Errors
    /// Those of the store; too little disk space.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.writer.write_all(bytes).map_err(|error| SnapshotError::io(&self.temp.file(), error))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Checks what was received and makes it durable.
    ///
    /// # Errors
    /// Damage, a snapshot of another group, those of the store. What was received is dropped then.
    pub fn finish(self) -> Result<ReceivedSnapshot, SnapshotError> {
        let Self { dir, mut writer, temp, len: _ } = self;
        let file = temp.file();
        let failed = |error| SnapshotError::io(&file, error);
        writer.flush().map_err(failed)?;
        let reader = SnapshotReader::new(temp.open().map_err(failed)?.reader, &file)?;
        dir.check_group(reader.meta(), &file)?;
        let (meta, state) = reader.read_state()?;
        writer.finish().map_err(failed)?;
        Ok(ReceivedSnapshot { dir, temp, meta, state })
    }
}

/// A complete snapshot received from a peer, which is not the current one yet.
pub struct ReceivedSnapshot {
    dir: SnapshotDir,
    temp: Temp,
    meta: Meta,
    state: State,
}

impl ReceivedSnapshot {
    /// The feature level of what is in it.
    pub fn level(&self) -> u32 {
        self.meta.level
    }

    /// Makes it the current one of its directory, and returns what is in it. Blocks on the disk.
    ///
    /// # Errors
    /// One that is older than the newest here; those of the store. It is dropped then.
    pub fn publish(self) -> Result<(Meta, State), SnapshotError> {
        let Self { dir, temp, meta, state } = self;
        match dir.publish(&temp, &meta) {
            Ok(true) => Ok((meta, state)),
            Ok(false) => Err(Problem::Misplaced("a newer one is here".into()).of(&temp.file())),
            Err(error) => Err(SnapshotError::io(&temp.file(), error)),
        }
    }
}
