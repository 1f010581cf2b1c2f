//! What a node does from time to time, besides serving: keeps its clock, looks at its disk.

use std::sync::Arc;
use std::time::Duration;

use super::Files;
use crate::replication::Group;
use crate::server::Server;

/// Keeps the clock's base on disk, so that a restart of the process loses nothing.
pub(super) async fn keep_clock(group: Arc<Group>, files: Arc<dyn Files>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            // A base of an earlier leader may count no more.
            () = group.clock.base_changed.notified() => {}
        }
        if let Some(text) = group.clock.to_disk()
            && let Err(error) = files.write("clock", &text)
        {
            tracing::warn!(node = group.node, %error, "the clock's base cannot be stored");
        }
    }
}

/// Looks how much room there is on disk.
pub(super) async fn watch_disk(server: Arc<Server>, group: Arc<Group>, files: Arc<dyn Files>) {
    loop {
        if let Some(free) = files.free_bytes() {
            group.note_free_bytes(free, server.settings().disk_reserve);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
