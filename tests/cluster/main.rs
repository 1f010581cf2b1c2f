//! The life of nodes and clusters (design 7, 8): start, stop, restart, join, promotion, removal, replacement, and everything that can
//! be wrong with a directory, a port or a neighbour. Each ends in the promised state or in a message that says what to do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod addresses;
mod clients;
mod damage;
mod directory;
mod disk_reserve;
mod endless;
mod eval_ro;
mod every_interface;
mod eviction;
mod field_ends;
mod functions;
mod graceful_stop;
mod growth;
mod joining;
mod lost_majority;
mod must_join;
mod one_node;
mod password;
mod peer_port;
mod ports;
mod rebuild;
mod redis_cluster;
mod removal;
mod replacement;
mod roles;
mod sent_again;
mod snapshot_failure;
mod strangers;
#[path = "../support/mod.rs"]
mod support;
mod users;
mod verify;
mod without_majority;
