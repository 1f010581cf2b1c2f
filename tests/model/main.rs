//! The checkers are checked, above all that of linearizability: histories that it must accept and must refuse, simulated histories of any
//! size, and a search by brute force that has to agree on small ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod brute;
mod by_hand;
mod edn;
mod expiring;
mod holds;
mod multi_key;
mod queues;
mod random;
mod several;
mod simulate;
#[path = "../support/mod.rs"]
mod support;
