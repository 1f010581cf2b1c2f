//! How often something is done whose number matters: for tests, which say by it how much work there is, and never by time. Nothing is counted
//! outside of them.

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// The names at the start of a stream's chunk are read, to go through its entries.
    Chunk,
    /// An entry of a stream is copied.
    Entry,
    /// The command of a waiter is attempted again.
    Attempt,
}

/// Counts a step.
#[inline]
pub(crate) fn step(step: Step) {
    #[cfg(test)]
    counted::DONE.with_borrow_mut(|done| done[step as usize] += 1);
    #[cfg(not(test))]
    let _ = step;
}

/// How often `work` does this, on this thread.
#[cfg(test)]
pub(crate) fn steps<T>(step: Step, work: impl FnOnce() -> T) -> u64 {
    let done = || counted::DONE.with_borrow(|done| done[step as usize]);
    let before = done();
    work();
    done() - before
}

#[cfg(test)]
mod counted {
    use std::cell::RefCell;

    thread_local! {
        pub static DONE: RefCell<[u64; 3]> = const { RefCell::new([0; 3]) };
    }
}
