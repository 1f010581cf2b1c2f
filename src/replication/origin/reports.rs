//! What the origin hears of its batches other than that one was applied: a hand-over that did not reach the log, a broken connection, a
//! snapshot that covers some, a boot that has ended.

use tokio::time::Instant;

use super::batch::Stored;
use super::{Origin, answer};
use crate::error::{DISK_FULL, INDETERMINATE, REPLY_LOST};
use crate::executor::DiskSpace;
use crate::executor::entry::BatchWriter;

impl Origin {
    /// A hand-over was rejected before it reached the log.
    pub fn rejected(&self, stream: u64, seq: u64) {
        let mut inner = self.inner.lock();
        let of_this_boot = stream >= inner.first_stream;
        if let Some(pending) = inner.pending.iter_mut().find(|pending| of_this_boot && pending.seq == seq) {
            pending.outstanding = pending.outstanding.saturating_sub(1);
        }
        if seq == 0 {
            // A Boot: the next try waits a little, as for a batch.
            let backoff = inner.next_backoff();
            inner.stream.not_before = Some(Instant::now() + backoff);
            inner.boot_again_after(backoff);
        } else if stream == inner.stream.id {
            let backoff = inner.next_backoff();
            inner.restart_stream(Some(backoff));
        }
        drop(inner);
        self.wake.notify_one();
    }

    /// The leader's disk has no space for a batch: it did not reach the log. If no other copy of it can, its clients are told so, but for those
    /// whose commands pass: they go again in this batch, which comes before those that were handed over after it.
    pub fn refused(&self, stream: u64, seq: u64, space: DiskSpace) {
        let mut failed = Vec::new();
        let mut inner = self.inner.lock();
        let of_this_boot = stream >= inner.first_stream;
        let boot = inner.boot;
        let pending = inner.pending.iter_mut().find(|pending| of_this_boot && pending.seq == seq && !pending.void);
        // Other copies may be on their way: then this one is a rejection like any other.
        if let (Some(pending), Some(boot)) = (pending, boot)
            && pending.outstanding == 1
        {
            let mut writer = BatchWriter::new(boot, seq, 0);
            for group in std::mem::take(&mut pending.groups) {
                if space.admits_group(&group) {
                    writer.add_group(&group);
                    pending.groups.push(group);
                } else {
                    failed.push((group, DISK_FULL));
                }
            }
            pending.body = Stored::Fresh(writer.finish());
            pending.void = pending.groups.is_empty();
        }
        drop(inner);
        answer(failed);
        self.rejected(stream, seq);
    }

    /// The connection that a stream used broke.
    pub fn broken(&self, stream: u64) {
        let mut inner = self.inner.lock();
        let backoff = inner.next_backoff();
        if stream == inner.stream.id {
            inner.restart_stream(Some(backoff));
        }
        inner.boot_again_after(backoff);
        drop(inner);
        self.wake.notify_one();
    }

    /// A snapshot was installed: `last_seq` is the last batch of this boot that it covers, None if the boot has ended in it.
    pub fn skipped_to(&self, last_seq: Option<u64>) {
        let mut failed = Vec::new();
        let mut inner = self.inner.lock();
        while let Some(pending) = inner.pending.front() {
            let is_left = last_seq.is_some_and(|last| pending.seq > last);
            if is_left && !crate::planted::is("what a snapshot does not cover counts as applied") {
                break;
            }
            let error = if last_seq.is_some() { REPLY_LOST } else { INDETERMINATE };
            if let Some(pending) = inner.pending.pop_front() {
                if last_seq.is_none() {
                    inner.tick_wanted.extend(pending.ticks);
                }
                failed.extend(pending.groups.into_iter().map(|group| (group, error.clone())));
            }
        }
        if last_seq.is_none() {
            inner.new_boot((self.random)());
        }
        drop(inner);
        answer(failed);
        self.wake.notify_one();
    }

    /// The log ended this boot: if it is the present one, nothing that is pending was applied, and all of it goes again under a new one. True
    /// then.
    pub fn ended(&self, boot: u64) -> bool {
        let mut inner = self.inner.lock();
        if inner.boot != Some(boot) || inner.stopping {
            return false;
        }
        while let Some(pending) = inner.pending.pop_back() {
            inner.tick_wanted.extend(pending.ticks);
            for group in pending.groups.into_iter().rev() {
                inner.queue_first(group, pending.since);
            }
        }
        inner.new_boot((self.random)());
        drop(inner);
        self.wake.notify_one();
        true
    }
}
