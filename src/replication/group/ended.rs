//! Connections of other members to this node that have ended: the first sign that a process is dead ([`crate::replication::watch_evidence`]).

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::Group;

/// The leader whose connection has ended since that was looked at.
#[derive(Default)]
pub(super) struct Ended {
    last: Mutex<Option<u64>>,
    news: Notify,
}

impl Group {
    /// A connection that `node` had made to this one has ended, for whatever reason. Only a leader's counts.
    pub(in crate::replication) fn connection_ended(&self, node: u64) {
        if self.leader().is_some_and(|leader| leader.node == node) {
            *self.ended.last.lock() = Some(node);
            self.ended.news.notify_one();
        }
    }

    /// The leader of which a connection has ended since the last call; waits for one.
    pub(in crate::replication) async fn next_ended(&self) -> u64 {
        loop {
            if let Some(node) = self.ended.last.lock().take() {
                return node;
            }
            self.ended.news.notified().await;
        }
    }
}
