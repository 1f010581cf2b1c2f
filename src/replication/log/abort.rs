//! How a log that cannot keep its promise ends the process.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Ends the process: what the log promised cannot be kept, and going on could acknowledge what is not on disk.
pub fn abort(reason: &str) -> ! {
    crate::sys::log::fatal(&format!(
        "fatal: {reason}. Nothing that was not durable has been acknowledged. The node stops."
    ));
    std::process::abort();
}

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// True in a thread of the log. A panic there is a disk that fails, no mistake of the program's, and no entry is to blame.
pub fn is_log_thread() -> bool {
    IS_GUARDED.get()
}

/// Ends the process because a thread of the log panics; for a panic hook, where panics do not unwind.
pub fn abort_by_panic() -> ! {
    abort(&format!("{} panicked", std::thread::current().name().unwrap_or("a thread of the log")));
}

/// Runs a thread of the log; a panic in it (raft-engine's way to report a failed fsync) ends the process.
pub fn guarded(what: &str, body: impl FnOnce()) {
    IS_GUARDED.set(true);
    if catch_unwind(AssertUnwindSafe(body)).is_err() {
        abort(&format!("{what} panicked"));
    }
}
