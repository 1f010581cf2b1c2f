//! The gate (design 4): one read-write lock around the state.
//!
//! Apply holds it exclusively for each entry, a read shared while it looks; so nobody sees half of an EXEC, a script or an MSET.
//! Whoever runs where Raft's timers run takes it without blocking: it is free at once, or the task waits as a task. Heavy apply
//! work holds it on a thread of its own. Unbounded reads do not hold it: they look at an image.

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::store::State;

/// See the module's header.
#[derive(Clone)]
pub struct Gate(Arc<RwLock<State>>);

impl Gate {
    /// Puts a state behind the gate.
    pub fn new(state: State) -> Self {
        Self(Arc::new(RwLock::new(state)))
    }

    /// Shared access.
    pub async fn read(&self) -> OwnedRwLockReadGuard<State> {
        match self.0.clone().try_read_owned() {
            Ok(guard) => guard,
            Err(_) => self.0.clone().read_owned().await,
        }
    }

    /// Exclusive access.
    pub async fn write(&self) -> OwnedRwLockWriteGuard<State> {
        match self.0.clone().try_write_owned() {
            Ok(guard) => guard,
            Err(_) => self.0.clone().write_owned().await,
        }
    }

    /// Shared access if nobody writes just now: for INFO and its kin.
    pub fn try_read(&self) -> Option<OwnedRwLockReadGuard<State>> {
        self.0.clone().try_read_owned().ok()
    }
}
