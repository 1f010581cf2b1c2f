//! The group's snapshots.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::BoxFuture;

use crate::command::context::{SnapshotFacts, Snapshots};
use crate::error::ReplyError;
use crate::executor::DiskSpace;
use crate::replication::take_snapshot as take;
use crate::server::Server;

impl Snapshots for Server {
    fn take_snapshot(&self) -> BoxFuture<'_, Result<(), ReplyError>> {
        Box::pin(async { take(self.group()?).await.map_err(|why| ReplyError::text(format!("ERR {why}"))) })
    }

    fn begin_snapshot(&self) -> Result<(), ReplyError> {
        let group = self.group()?.clone();
        drop(crate::replication::spawn(async move {
            if let Err(why) = take(&group).await {
                tracing::warn!(node = group.node, error = why, "BGSAVE failed");
            }
        }));
        Ok(())
    }

    fn is_disk_full(&self) -> bool {
        self.group().is_ok_and(|group| group.own_disk_space() == DiskSpace::Out)
    }

    fn snapshots(&self) -> SnapshotFacts {
        let Ok(group) = self.group() else { return SnapshotFacts::default() };
        let stats = &group.snapshots.stats;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        SnapshotFacts {
            in_progress: get(&stats.in_progress) == 1,
            failed: group.snapshots.failures.last_failed(),
            taken: get(&stats.taken),
            installed: get(&stats.installed),
            last_s: get(&stats.last_s),
            last_bytes: get(&stats.last_bytes),
            last_index: group.snapshots.covered(),
        }
    }
}
