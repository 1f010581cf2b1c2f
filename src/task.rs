//! The only way to start a task: through the runtime that carries the seed of random numbers, so that the simulation is
//! deterministic. A panic in any task stops the node (the panic hook in `main.rs` aborts the process).

use std::future::Future;

use crate::replication::types;

/// Starts a task; it goes on when the handle is dropped.
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    types::spawn(future)
}

/// Ends a task when dropped.
pub struct AbortOnDrop<T>(pub tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
