//! openraft's storage traits on a [`LogStore`].

use std::fmt::Debug;
use std::io;
use std::ops::Bound;
use std::ops::RangeBounds;
use std::sync::atomic::Ordering;

use futures::Stream;
use futures::StreamExt;
use futures::TryStreamExt;
use openraft::OptionalSend;
use openraft::RaftLogReader;
use openraft::storage::RaftLogStorage;
use tokio::sync::oneshot;

use super::LogStore;
use crate::replication::codec::entry_size;
use crate::replication::log::io::Done;
use crate::replication::log::tail::Tail;
use crate::replication::types::Entry;
use crate::replication::types::IoFlushed;
use crate::replication::types::LogId;
use crate::replication::types::LogState;
use crate::replication::types::TypeConfig;
use crate::replication::types::Vote;

/// A range's first index, and the one behind its last.
fn bounds(range: &impl RangeBounds<u64>) -> (u64, u64) {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(start) => start.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(end) => end.saturating_add(1),
        Bound::Excluded(end) => *end,
        Bound::Unbounded => u64::MAX,
    };
    (start, end)
}

impl RaftLogReader<TypeConfig> for LogStore {
    async fn try_get_log_entries<RB>(&mut self, range: RB) -> io::Result<Vec<Entry>>
    where
        RB: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        let (mut next, end) = bounds(&range);
        let mut entries = Vec::new();
        loop {
            let some = self.read(next, end, self.0.options.log_read_bytes).await?;
            let Some(last) = some.last() else {
                return Ok(entries);
            };
            let first = some.first().map_or(0, |entry| entry.log_id.index);
            if !entries.is_empty() && first != next {
                return Err(io::Error::other(format!("the log was purged to {first} while {next} was read")));
            }
            next = last.log_id.index + 1;
            entries.extend(some);
        }
    }

    /// In pieces of `log_read_bytes`: apply after a restart would otherwise hold the whole log in memory. It asks for entries
    /// that are there; one that is not has to stop it, because what comes after would be applied to the wrong state.
    async fn entries_stream<RB>(&mut self, range: RB) -> impl Stream<Item = io::Result<Entry>> + OptionalSend
    where
        RB: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        let log = self.clone();
        let (next, end) = bounds(&range);
        let end = end.min(self.0.inner.lock().state.range().1);
        let pieces = futures::stream::try_unfold(next, move |next| {
            let log = log.clone();
            async move {
                if next >= end {
                    return Ok(None);
                }
                let entries = log.limited(next, end).await?;
                let after = next + entries.len() as u64;
                if after == next {
                    return Err(io::Error::other(format!("entry {next} is no longer in the log")));
                }
                Ok(Some((futures::stream::iter(entries.into_iter().map(Ok)), after)))
            }
        });
        pieces.try_flatten().boxed()
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> io::Result<Vec<Entry>> {
        self.limited(start, end).await
    }

    async fn read_vote(&mut self) -> io::Result<Option<Vote>> {
        Ok(self.vote())
    }
}

impl RaftLogStorage<TypeConfig> for LogStore {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> io::Result<LogState> {
        let inner = self.0.inner.lock();
        Ok(LogState { last_purged_log_id: inner.state.purged, last_log_id: inner.state.last })
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> io::Result<()> {
        if crate::planted::is("a vote is not persisted") {
            self.0.inner.lock().durable_vote = Some(*vote);
            return Ok(());
        }
        let (saved, durable) = oneshot::channel();
        {
            let mut inner = self.0.inner.lock();
            inner.state.vote = Some(*vote);
            self.submit(&mut inner, Vec::new(), None, Done::Saved(saved));
        }
        durable.await.map_err(|_| io::Error::other("the log was closed"))?;
        self.0.inner.lock().durable_vote = Some(*vote);
        Ok(())
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> io::Result<()> {
        self.0.inner.lock().state.committed = committed;
        Ok(())
    }

    async fn read_committed(&mut self) -> io::Result<Option<LogId>> {
        Ok(self.0.inner.lock().state.committed)
    }

    async fn append<I>(&mut self, entries: I, callback: IoFlushed) -> io::Result<()>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let entries: Vec<Entry> = entries.into_iter().collect();
        let durable = self.0.progress.load(Ordering::Acquire);
        let mut inner = self.0.inner.lock();
        inner.check_follows(&entries)?;
        let write = inner.written + 1;
        for entry in &entries {
            inner.marks.push(entry.log_id.index, entry_size(entry) as u64);
            inner.tail.push(write, entry.clone());
            inner.state.last = Some(entry.log_id);
        }
        inner.tail.evict(durable, self.0.options.log_tail_bytes);
        if crate::planted::is("acknowledge before fsync") {
            self.submit(&mut inner, entries, None, Done::Nobody);
            callback.io_completed(Ok(()));
            return Ok(());
        }
        self.submit(&mut inner, entries, None, Done::Flushed(callback));
        Ok(())
    }

    async fn truncate_after(&mut self, last_log_id: Option<LogId>) -> io::Result<()> {
        let mut inner = self.0.inner.lock();
        let purged = inner.state.purged;
        let next = last_log_id.max(purged).map_or(0, |last| last.index + 1);
        if next >= inner.state.range().1 {
            return Ok(());
        }
        inner.state.last = last_log_id.max(purged);
        inner.tail.drop_from(next);
        inner.marks.drop_from(next);
        inner.truncations += 1;
        self.submit(&mut inner, Vec::new(), None, Done::Nobody);
        Ok(())
    }

    async fn purge(&mut self, log_id: LogId) -> io::Result<()> {
        let mut inner = self.0.inner.lock();
        if inner.state.purged >= Some(log_id) {
            return Ok(());
        }
        let next = log_id.index + 1;
        let (_, end) = inner.state.range();
        inner.state.purged = Some(log_id);
        inner.state.first_index = next;
        inner.marks.drop_before(next);
        inner.tail.drop_before(next);
        if next >= end {
            inner.state.last = Some(log_id);
            inner.tail = Tail::new(next);
        }
        self.submit(&mut inner, Vec::new(), Some(next), Done::Nobody);
        Ok(())
    }
}
