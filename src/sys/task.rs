//! Tasks. A panic in any of them stops the node (the panic hook in `main.rs` aborts the process).

use std::future::Future;

/// Starts a task that goes on when the handle is dropped. It must not call into Raft: such tasks inherit a seed of random numbers, and
/// start by [`crate::replication::spawn`].
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    tokio::spawn(future)
}

/// Ends a task when dropped.
pub struct AbortOnDrop<T>(pub tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
