//! How a log that cannot keep its promise ends the process.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Ends the process: what the log promised cannot be kept, and going on could acknowledge what is not on disk.
pub fn abort(reason: &str) -> ! {
    crate::sys::log::fatal(&format!(
        "fatal: {reason}. Nothing that was not durable has been acknowledged. The node stops."
    ));
    std::process::abort();
}

/// Runs a thread of the log; a panic in it (raft-engine's way to report a failed fsync) ends the process.
pub fn guarded(what: &str, body: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(body)).is_err() {
        abort(&format!("{what} panicked"));
    }
}
