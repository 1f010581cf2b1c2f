//! Publish/subscribe, seen from outside: what each connection is sent by which step, compared with redis-server, and what subscribers on three
//! nodes get while leaders go.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod by_hand;
mod ends;
mod events;
mod nodes;
mod promise;
mod stage;
#[path = "../support/mod.rs"]
mod support;
mod tracking;
