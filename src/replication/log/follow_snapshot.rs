//! A log beside a snapshot that did not grow out of it.
//!
//! A snapshot from a peer becomes the newest before the log has followed it: a crash between the two leaves entries that another leader's
//! have taken the place of, and openraft does not start on them.
//!
//! Invariants
//! - Behind [`LogStore::follow`] the log goes on from the snapshot: the entry at the last index that it covers is the one that it covers,
//!   still there or purged.
//! - No entry goes but for that one's sake: this node has promised entries that a leader may count as committed. What is behind an entry
//!   that contradicts the snapshot was never committed, and never will be; what is before is in the snapshot.
//! - What goes is gone from the disk when it returns.

use std::io;

use openraft::RaftLogReader;
use openraft::storage::RaftLogStorage;

use super::LogStore;
use crate::replication::types::LogId;

impl LogStore {
    /// Makes the log go on from a state that covers the log up to `covers`.
    ///
    /// # Errors
    /// The log cannot be read, or was closed.
    pub async fn follow(&mut self, covers: LogId) -> io::Result<()> {
        let index = covers.index;
        if index < self.first_index() {
            return Ok(());
        }
        match self.try_get_log_entries(index..index + 1).await?.first().map(|entry| entry.log_id) {
            Some(own) if own == covers => return Ok(()),
            Some(_) => {
                tracing::warn!(
                    index,
                    "the log's entries from here on contradict what was committed: they never were, and go"
                );
            }
            // It ends before.
            None => {}
        }
        self.truncate_after(None).await?;
        self.purge(covers).await?;
        // Writes are made durable in their order, and this one is waited for.
        match self.vote() {
            Some(vote) => self.save_vote(&vote).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use openraft::storage::RaftLogStorageExt;

    use super::*;
    use crate::replication::log::testing::{entry, id};
    use crate::replication::log::{LogOptions, MemoryDisk};
    use crate::replication::types::{Vote, scope};

    async fn open(disk: &MemoryDisk) -> LogStore {
        LogStore::open(Arc::new(disk.open(Duration::from_millis(1))), 0, LogOptions::default()).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn only_contradicting_entries_are_dropped() {
        scope(1, async {
            // The log holds entries 5 to 9 of term 2; what the state covers, and the first and the last that are left then.
            let cases = [
                (id(1, 4), 5, id(2, 9)),
                (id(2, 5), 5, id(2, 9)),
                (id(2, 7), 5, id(2, 9)),
                (id(2, 9), 5, id(2, 9)),
                (id(3, 5), 6, id(3, 5)),
                (id(3, 7), 8, id(3, 7)),
                (id(3, 9), 10, id(3, 9)),
                (id(3, 12), 13, id(3, 12)),
                // What of term 2 is here is not before 12 of term 1, which is committed.
                (id(1, 12), 13, id(1, 12)),
            ];
            for (covers, first, last) in cases {
                let disk = MemoryDisk::new();
                let mut log = open(&disk).await;
                let entries = (1..=9).map(|index| entry(if index < 5 { 1 } else { 2 }, index, 10));
                log.blocking_append(entries.collect::<Vec<_>>()).await.unwrap();
                log.purge(id(1, 4)).await.unwrap();
                log.save_vote(&Vote::new_committed(3, 1)).await.unwrap();
                log.follow(covers).await.unwrap();
                assert_eq!((log.first_index(), log.last_log_id()), (first, Some(last)), "{covers}");
                disk.crash();
                let mut log = open(&disk).await;
                assert_eq!((log.first_index(), log.last_log_id()), (first, Some(last)), "{covers}, power lost");
                log.blocking_append([entry(3, last.index + 1, 10)]).await.unwrap();
            }
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_log_without_entries_begins_behind_the_state() {
        scope(1, async {
            for covers in [id(1, 0), id(1, 12)] {
                let mut log = open(&MemoryDisk::new()).await;
                log.follow(covers).await.unwrap();
                assert_eq!((log.first_index(), log.last_log_id()), (covers.index + 1, Some(covers)));
            }
        })
        .await;
    }
}
