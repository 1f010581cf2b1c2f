//! The log of the simulation: no threads, no files; time is tokio's, so one seed is one run.
//!
//! A [`MemoryDisk`] outlives the process that writes to it. What a write carries is durable only when its flush is over;
//! a crash before that loses it, all of it, as on a real disk under group commit.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::io::LogIo;
use super::io::Write;
use super::io::complete;
use super::state::GroupState;
use crate::error::Fatal;
use crate::replication::codec::entry_size;
use crate::replication::types::Entry;
use crate::replication::types::spawn;

/// A disk: what is durable on it, and what has been written but not flushed.
#[derive(Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<Disk>>);

#[derive(Default)]
struct Disk {
    /// Raised by a crash: whoever wrote before it is dead.
    life: u64,
    groups: BTreeMap<u64, GroupDisk>,
    pending: VecDeque<Write>,
}

#[derive(Default)]
struct GroupDisk {
    state: Vec<u8>,
    entries: BTreeMap<u64, Entry>,
}

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// Loses what is not durable. Logs that were open are dead from now on: their writes go nowhere, and nobody is told of
    /// any.
    pub fn crash(&self) {
        self.crash_keeping(0);
    }

    /// Crashes when the first `count` writes not yet flushed had just reached the disk, but nobody had been told.
    pub fn crash_keeping(&self, count: usize) {
        let disk = &mut *self.0.lock();
        let pending = std::mem::take(&mut disk.pending);
        for mut write in pending.into_iter().take(count) {
            disk.apply(&mut write);
        }
        disk.life += 1;
    }

    /// Writes that a crash would lose now.
    pub fn pending(&self) -> usize {
        self.0.lock().pending.len()
    }

    /// What is durable of a group: its record, and the entries that it promises.
    ///
    /// # Errors
    /// The record cannot be read.
    pub fn durable(&self, group: u64) -> Result<(GroupState, Vec<Entry>), Fatal> {
        let disk = self.0.lock();
        let Some(found) = disk.groups.get(&group) else { return Ok((GroupState::default(), Vec::new())) };
        let state = found.state(group)?;
        let (first, end) = state.range();
        Ok((state, found.entries.range(first..end).map(|(_, entry)| entry.clone()).collect()))
    }

    /// Opens the disk, each flush of which takes `flush`; whoever had it open is dead, as after [`Self::crash`].
    ///
    /// Within a runtime and a [`scope`](crate::replication::types::scope).
    pub fn open(&self, flush: Duration) -> MemoryLog {
        self.crash();
        let shared = Arc::new(Shared {
            disk: self.clone(),
            life: self.0.lock().life,
            flush,
            arrived: Notify::new(),
            closed: Mutex::new(false),
        });
        drop(spawn(Arc::clone(&shared).flush_all()));
        MemoryLog(shared)
    }
}

impl GroupDisk {
    fn state(&self, group: u64) -> Result<GroupState, Fatal> {
        GroupState::decode(self.state.clone())
            .map_err(|error| Fatal(format!("the log of group {group} has an unreadable record: {error:?}")))
    }
}

impl Disk {
    fn apply(&mut self, write: &mut Write) {
        let group = self.groups.entry(write.group).or_default();
        if let Some(first) = write.entries.first() {
            group.entries.split_off(&first.log_id.index);
        }
        group.entries.extend(std::mem::take(&mut write.entries).into_iter().map(|entry| (entry.log_id.index, entry)));
        if let Some(index) = write.compact_to {
            group.entries = group.entries.split_off(&index);
        }
        group.state = std::mem::take(&mut write.state);
    }
}

/// A log on a [`MemoryDisk`]. Dropping it flushes what is queued, if the runtime lives on.
pub struct MemoryLog(Arc<Shared>);

struct Shared {
    disk: MemoryDisk,
    life: u64,
    flush: Duration,
    arrived: Notify,
    closed: Mutex<bool>,
}

impl Shared {
    async fn flush_all(self: Arc<Self>) {
        loop {
            let count = {
                let disk = self.disk.0.lock();
                if disk.life != self.life {
                    return;
                }
                disk.pending.len()
            };
            if count == 0 {
                if *self.closed.lock() {
                    return;
                }
                self.arrived.notified().await;
                continue;
            }
            tokio::time::sleep(self.flush).await;
            let flushed: Vec<Write> = {
                let mut disk = self.disk.0.lock();
                if disk.life != self.life {
                    return;
                }
                let mut flushed: Vec<Write> = disk.pending.drain(..count).collect();
                for write in &mut flushed {
                    disk.apply(write);
                }
                flushed
            };
            complete(flushed);
        }
    }
}

impl Drop for MemoryLog {
    fn drop(&mut self) {
        *self.0.closed.lock() = true;
        self.0.arrived.notify_one();
    }
}

impl LogIo for MemoryLog {
    fn load(&self, group: u64) -> Result<Option<GroupState>, Fatal> {
        let disk = self.0.disk.0.lock();
        disk.groups.get(&group).map(|found| found.state(group)).transpose()
    }

    fn submit(&self, write: Write) {
        let mut disk = self.0.disk.0.lock();
        if disk.life == self.0.life {
            disk.pending.push_back(write);
            self.0.arrived.notify_one();
        }
    }

    fn read(&self, group: u64, start: u64, end: u64, max_bytes: usize) -> BoxFuture<'static, io::Result<Vec<Entry>>> {
        let disk = self.0.disk.0.lock();
        let mut entries = Vec::new();
        let mut bytes = 0;
        for index in start..end {
            let Some(entry) = disk.groups.get(&group).and_then(|group| group.entries.get(&index)) else {
                return std::future::ready(Err(io::Error::other(format!("entry {index} is not durable")))).boxed();
            };
            bytes += entry_size(entry);
            if bytes > max_bytes && !entries.is_empty() {
                break;
            }
            entries.push(entry.clone());
        }
        std::future::ready(Ok(entries)).boxed()
    }

    fn disk_bytes(&self) -> u64 {
        let disk = self.0.disk.0.lock();
        disk.groups.values().flat_map(|group| group.entries.values()).map(|entry| entry_size(entry) as u64).sum()
    }
}
