//! What the integration tests share: processes on free ports, a blocking client, a faithful reply decoder, seeded random
//! numbers, scripts ([`scripts`]), clusters of nodes ([`cluster`]) with load on them ([`load`]), what holders of locks believe ([`holds`]), who is served first ([`queues`]),
//! what is promised of several at once ([`several`]), requests that are sent again ([`once`]), and every bound of a randomised test in one place ([`bounds`]).
//!
//! Invariants: a process that a test started is gone when its [`process::Server`] is dropped, also by a panic; nobody
//! else's process is ever touched. Deliberately absent: async, connection pools, retries. A test sees each byte and error.

#![allow(dead_code, reason = "each test binary uses its own part of it")]

pub mod bounds;
pub mod client;
pub mod cluster;
pub mod holds;
pub mod linear;
pub mod load;
pub mod once;
pub mod ports;
pub mod process;
pub mod queues;
pub mod rng;
pub mod scripts;
pub mod several;
pub mod tempdir;
pub mod value;
