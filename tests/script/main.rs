//! The engine of scripts, without the server around it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod bounds;
mod determinism;
mod golden;
mod hostile;
mod language;
mod libraries;
mod mutants;
mod programs;
mod served;
#[path = "../support/mod.rs"]
mod support;
mod together;
