//! Real processes that are killed, stopped and restarted under load: what was acknowledged is there, what was not is told honestly,
//! and clients of the other nodes see a pause and no error.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod bank;
mod catch_up;
mod deadlines;
mod histories;
mod interposed;
mod leader_kills;
mod lock_restart;
mod log_failure;
mod many_connections;
mod once;
mod rolling;
mod scripts;
mod single_kill;
mod stopped;
mod storm;
#[path = "../support/mod.rs"]
mod support;
mod watch;
