//! Scripts: EVAL and its kin, FCALL, SCRIPT, and TIME, which scripts read the clock by. What is here says how a request is read; the executor
//! runs the script.
//!
//! EVAL and EVALSHA go through the log and run on every node. EVAL_RO and EVALSHA_RO read the state of one node; where EVAL_RO
//! brings a script that is not loaded yet, its text goes through the log first, whatever the level of its connection.

mod container;
mod debug;
mod eval;
mod eval_ro;
mod evalsha;
mod evalsha_ro;
mod exists;
mod fcall;
mod fcall_ro;
mod flush;
mod function;
mod give;
mod help;
mod kill;
mod load;
mod request;
mod time;

pub use request::{Program, Request, declares_no_writes, is_to_load, needs_memory};

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[
    &eval::SPEC,
    &eval_ro::SPEC,
    &evalsha::SPEC,
    &evalsha_ro::SPEC,
    &fcall::SPEC,
    &fcall_ro::SPEC,
    &container::SPEC,
    &function::SPEC,
    &give::SPEC,
    &time::SPEC,
];
