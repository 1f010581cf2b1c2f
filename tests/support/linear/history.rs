//! What clients did and saw, with times.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<R> {
    /// It took effect and returned this.
    Ok(R),
    /// It may have taken effect, or take effect at any later time, or never: INDETERMINATE, a cut connection.
    Unknown,
    /// It certainly did not and never will: LOADING, refused by WATCH.
    NotApplied,
}

/// One operation. Times are nanoseconds since the recorder began, by one monotonic clock.
#[derive(Clone, Debug)]
pub struct Operation<I, R> {
    /// Who asked.
    pub client: usize,
    /// What for.
    pub input: I,
    /// Taken before the first byte is sent.
    pub invoked_ns: u64,
    /// Taken after the last byte of the reply was read.
    pub completed_ns: u64,
    /// What came of it.
    pub outcome: Outcome<R>,
}

/// An operation that has been invoked and not yet completed.
#[derive(Debug)]
#[must_use = "an operation that is not completed counts as unknown"]
pub struct Ticket(usize);

/// Collects the operations of many threads.
#[derive(Debug)]
pub struct Recorder<I, R> {
    start: Instant,
    operations: Mutex<Vec<Operation<I, R>>>,
}

impl<I, R> Default for Recorder<I, R> {
    fn default() -> Self {
        Self { start: Instant::now(), operations: Mutex::new(Vec::new()) }
    }
}

impl<I, R> Recorder<I, R> {
    /// Notes that `client` is about to ask.
    pub fn invoke(&self, client: usize, input: I) -> Ticket {
        let mut operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that the vector is in the order of invocation.
        let invoked_ns = self.start.elapsed().as_nanos() as u64;
        operations.push(Operation { client, input, invoked_ns, completed_ns: u64::MAX, outcome: Outcome::Unknown });
        Ticket(operations.len() - 1)
    }

    /// Notes what came of it.
    pub fn complete(&self, ticket: Ticket, outcome: Outcome<R>) {
        let completed_ns = self.start.elapsed().as_nanos() as u64;
        let mut operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        let operation = &mut operations[ticket.0];
        (operation.completed_ns, operation.outcome) = (completed_ns, outcome);
    }

    /// All operations in the order of invocation; those never completed are unknown.
    pub fn finish(self) -> Vec<Operation<I, R>> {
        self.operations.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
