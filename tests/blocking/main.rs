//! Commands that wait, seen from outside: who is served, when and in which order, compared with redis-server, and what becomes of waits when
//! connections, leaders and nodes go.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod bound_locks;
mod by_hand;
mod ends;
mod lock_nodes;
mod locks;
mod nodes;
mod random;
mod stage;
#[path = "../support/mod.rs"]
mod support;
