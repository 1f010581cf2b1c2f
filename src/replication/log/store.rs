//! The log of one group as openraft sees it: a window in memory over a [`LogIo`].
//!
//! Invariants
//! - Entries are readable when `append` returns, and openraft is told of them only once they are durable.
//! - A vote is durable when `save_vote` returns, and [`LogStore::vote`] never shows one that is not.
//! - Indexes `first..=last` are all there, in memory or in the files.
//! - All writes go through one queue in the order in which they were made, each with the group's record of that moment: so
//!   after a crash votes, entries, truncations and purges are those of one moment.
//!
//! `committed` is durable with whatever is written next, so it may come back older, never newer than the entries.

mod storage;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::io::Done;
use super::io::LogIo;
use super::io::Write;
use super::marks::ByteMarks;
use super::state::GroupState;
use super::tail::Tail;
use crate::error::Fatal;
use crate::replication::codec::entry_size;
use crate::replication::types::Entry;
use crate::replication::types::EntryPayload;
use crate::replication::types::LogId;
use crate::replication::types::Vote;

/// Bounds of a group's log in memory.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// Newest entries kept in memory (`log-tail-bytes`). Entries that are not yet durable are kept beyond it.
    pub log_tail_bytes: usize,
    /// Most bytes that one read for replication returns (`log-read-bytes`), but always one entry.
    pub log_read_bytes: usize,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { log_tail_bytes: 16 << 20, log_read_bytes: 1 << 20 }
    }
}

/// A handle on a group's log; clones share it.
#[derive(Clone)]
pub struct LogStore(Arc<Shared>);

struct Shared {
    group: u64,
    io: Arc<dyn LogIo>,
    options: LogOptions,
    /// Number of the newest durable write.
    progress: Arc<AtomicU64>,
    inner: Mutex<Inner>,
}

struct Inner {
    /// A record of the group is durable.
    begun: bool,
    /// As of the newest write submitted.
    state: GroupState,
    durable_vote: Option<Vote>,
    tail: Tail,
    marks: ByteMarks,
    /// Number of the newest write submitted.
    written: u64,
    /// How often the end was cut off: a read from the files that spans one is done again.
    truncations: u64,
}

impl LogStore {
    /// Opens the log of `group`, and reads all of it once: what cannot be read is known now, not when it is needed.
    ///
    /// # Errors
    /// The log is damaged or was written by another version.
    pub async fn open(io: Arc<dyn LogIo>, group: u64, options: LogOptions) -> Result<Self, Fatal> {
        let found = io.load(group)?;
        let begun = found.is_some();
        let state = found.unwrap_or_default();
        let (first, end) = state.range();
        let mut tail = Tail::new(first);
        let mut marks = ByteMarks::new(first);
        let mut next = first;
        let mut last = state.purged;
        while next < end {
            let entries = io.read(group, next, end, options.log_read_bytes).await;
            let entries = entries.map_err(|error| unreadable(group, next, &error.to_string()))?;
            if entries.is_empty() {
                return Err(unreadable(group, next, "it is missing"));
            }
            for entry in entries {
                if entry.log_id.index != next {
                    return Err(unreadable(group, next, &format!("entry {} stands in its place", entry.log_id)));
                }
                last = Some(entry.log_id);
                marks.push(next, entry_size(&entry) as u64);
                tail.push(0, entry);
                next += 1;
            }
            tail.evict(0, options.log_tail_bytes);
        }
        if last != state.last {
            return Err(unreadable(
                group,
                end,
                &format!("the log ends with {last:?}, its record says {:?}", state.last),
            ));
        }
        let durable_vote = state.vote;
        let inner = Inner { begun, state, durable_vote, tail, marks, written: 0, truncations: 0 };
        let progress = Arc::new(AtomicU64::new(0));
        Ok(Self(Arc::new(Shared { group, io, options, progress, inner: Mutex::new(inner) })))
    }

    /// True if something of this group was ever made durable here: a log without it is new, or was lost.
    pub fn has_begun(&self) -> bool {
        self.0.inner.lock().begun
    }

    /// Makes the group's record durable if there is none yet, so that [`Self::has_begun`] holds from then on, whatever crashes.
    ///
    /// # Errors
    /// The log was closed.
    pub async fn begin(&self) -> io::Result<()> {
        let (saved, durable) = oneshot::channel();
        {
            let mut inner = self.0.inner.lock();
            if inner.begun {
                return Ok(());
            }
            self.submit(&mut inner, Vec::new(), None, Done::Saved(saved));
        }
        durable.await.map_err(|_| io::Error::other("the log was closed"))?;
        self.0.inner.lock().begun = true;
        Ok(())
    }

    /// The vote as last saved: one that is durable. Cheap; never waits for a disk.
    pub fn vote(&self) -> Option<Vote> {
        self.0.inner.lock().durable_vote
    }

    /// Index of the first entry (of the next one if there is none).
    pub fn first_index(&self) -> u64 {
        self.0.inner.lock().state.range().0
    }

    /// The last entry, or the last one purged.
    pub fn last_log_id(&self) -> Option<LogId> {
        self.0.inner.lock().state.last
    }

    /// Shows the entries that are in memory, newest first, until `look` says that it has seen enough; without payload one that is not in
    /// memory, or purged, which is the last one shown.
    pub fn look_back(&self, mut look: impl FnMut(&LogId, Option<&EntryPayload>) -> bool) {
        let inner = self.0.inner.lock();
        let (first, next) = inner.state.range();
        for index in (first..next).rev() {
            let Some(entry) = inner.tail.get(index) else {
                if let Some(last) = inner.state.last.filter(|last| last.index == index) {
                    look(&last, None);
                }
                return;
            };
            if !look(&entry.log_id, Some(&entry.payload)) {
                return;
            }
        }
        if let Some(purged) = &inner.state.purged {
            look(purged, None);
        }
    }

    /// Bytes of the entries from `start` to before `end`, to within [`super::marks::MARK_BYTES`].
    pub fn bytes_between(&self, start: u64, end: u64) -> u64 {
        self.0.inner.lock().marks.between(start, end)
    }

    /// Bytes of the newest entries, which are kept in memory.
    pub fn tail_bytes(&self) -> usize {
        self.0.inner.lock().tail.bytes()
    }

    /// The last index that may be purged if at least `keep_bytes` are to remain behind it.
    pub fn last_index_with_bytes_behind(&self, keep_bytes: u64) -> Option<u64> {
        self.0.inner.lock().marks.last_with_bytes_behind(keep_bytes)
    }

    /// Bytes of disk taken by the logs of all groups.
    pub fn disk_bytes(&self) -> u64 {
        self.0.io.disk_bytes()
    }

    /// Entries of `start..end` that the log has, at most `max_bytes` of them but at least one.
    async fn read(&self, start: u64, end: u64, max_bytes: usize) -> io::Result<Vec<Entry>> {
        let shared = &*self.0;
        let mut failures = 0;
        loop {
            let (from, to, truncations) = {
                let inner = shared.inner.lock();
                let (first, next) = inner.state.range();
                let (start, end) = (start.max(first), end.min(next));
                if start >= end {
                    return Ok(Vec::new());
                }
                let window = inner.tail.first_index();
                if start >= window {
                    return Ok(inner.tail.read(start, end, max_bytes));
                }
                (start, end.min(window), inner.truncations)
            };
            let read = shared.io.read(shared.group, from, to, max_bytes).await;
            let unchanged = {
                let inner = shared.inner.lock();
                inner.truncations == truncations && inner.state.range().0 <= from
            };
            match read {
                Ok(entries) if unchanged => return Ok(entries),
                // A purge of files, or of entries, can overtake a read; then another try finds them moved or gone.
                Err(error) if failures >= 3 => return Err(error),
                Err(_) if unchanged => failures += 1,
                _ => {}
            }
        }
    }

    /// Entries from `start` on, or none if `start` is not there: with a gap they would be replicated or applied wrongly.
    async fn limited(&self, start: u64, end: u64) -> io::Result<Vec<Entry>> {
        let entries = self.read(start, end, self.0.options.log_read_bytes).await?;
        let in_place = entries.first().is_some_and(|entry| entry.log_id.index == start);
        Ok(if in_place { entries } else { Vec::new() })
    }

    /// Vote and entries as one write, in the order in which they were made.
    fn submit(&self, inner: &mut Inner, entries: Vec<Entry>, compact_to: Option<u64>, done: Done) {
        inner.written += 1;
        self.0.io.submit(Write {
            group: self.0.group,
            number: inner.written,
            entries,
            compact_to,
            state: inner.state.encode(),
            done,
            progress: Arc::clone(&self.0.progress),
        });
    }
}

fn unreadable(group: u64, index: u64, why: &str) -> Fatal {
    Fatal(format!("the log of group {group} cannot be read at entry {index}: {why}. {}", super::DAMAGED))
}

impl Inner {
    /// Refuses entries that would leave a gap: openraft never makes one, and a log with one is lost.
    fn check_follows(&mut self, entries: &[Entry]) -> io::Result<()> {
        let Some(first) = entries.first() else {
            return Ok(());
        };
        let (start, next) = self.state.range();
        let mut expected = next;
        if start == next && self.state.purged.is_none() {
            // An empty log starts where its first entry says.
            expected = first.log_id.index;
            self.tail = Tail::new(expected);
            self.marks = ByteMarks::new(expected);
        }
        for (entry, index) in entries.iter().zip(expected..) {
            if entry.log_id.index != index {
                return Err(io::Error::other(format!("entry {} appended where {index} is next", entry.log_id)));
            }
        }
        if start == next {
            self.state.first_index = expected;
        }
        Ok(())
    }
}
