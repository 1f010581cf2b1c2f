//! Three nodes in one deterministic simulation: the node's code unchanged, with network, clocks, random numbers and disks of the
//! simulation behind its seams ([`lockstep::sys::env`]). One seed is one run, byte for byte.
//!
//! - [`machine`]: one computer: disks that lose what was not flushed, clocks that can be moved. [`net`]: its sockets.
//! - [`cluster`]: three or more of them in a turmoil simulation, and the driver that steps it, samples the nodes and carries out crashes.
//! - [`client`]: a client over simulated sockets. [`workload`]: what clients do, and what they saw; [`scripts`]: by scripts. [`nemesis`]: faults
//!   by seed.
//! - [`lockers`], [`multis`], [`string_locks`], [`bound`], [`subscribers`], [`tracking`], [`once`]: what `promises` puts under faults: holders of locks,
//!   what ends with connections and sessions, who hears of what, clients that keep what they have read, and requests that are sent again.
//! - `random_faults`, `promises`, `changes`, `eviction`, `blocking`, `determinism`, `clocks`, `ends`, `expiry`, `failover`, `levels`, `membership`, `reads`, `rebuild`, `several`, `standing`, `transactions`: the tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[cfg(not(tokio_unstable))]
compile_error!(
    "the simulation is deterministic only with `--cfg tokio_unstable`, which .cargo/config.toml sets: an environment variable \
     RUSTFLAGS has to carry it too"
);

mod blocking;
mod bound;
mod changes;
mod client;
mod clocks;
mod cluster;
mod determinism;
mod ends;
mod eviction;
mod expiry;
mod failover;
mod levels;
mod lockers;
mod machine;
mod membership;
mod multis;
mod nemesis;
mod net;
mod once;
mod promises;
mod random_faults;
mod reads;
mod rebuild;
mod scripts;
mod several;
mod standing;
mod string_locks;
mod subscribers;
#[path = "../support/mod.rs"]
mod support;
mod tracking;
mod transactions;
mod workload;
