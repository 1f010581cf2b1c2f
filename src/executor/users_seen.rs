//! The users as last applied here, for who asks for each command.
//!
//! Invariant: a version is shown no earlier than its users, and never goes back while the process runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use tokio::sync::Notify;

use crate::store::Users;

/// See the module's header.
#[derive(Debug, Default)]
pub struct UsersSeen {
    version: AtomicU64,
    users: RwLock<Arc<Users>>,
    changed: Notify,
}

impl UsersSeen {
    /// The version of the users; 0: none are set.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The users.
    pub fn users(&self) -> Arc<Users> {
        self.users.read().clone()
    }

    /// Returns when they have changed since the last time. One task waits for it.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The state has these. Called in the order of the states.
    pub(super) fn show(&self, users: &Arc<Users>) {
        if users.version() != self.version() {
            *self.users.write() = users.clone();
            self.version.store(users.version(), Ordering::Release);
            self.changed.notify_one();
        }
    }
}
