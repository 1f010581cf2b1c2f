//! Scripts: a Lua 5.1 for runs in apply on every node, and for read-only ones on one node.
//!
//! One module per concern: [`source`] (a script's text, name and shebang), [`vm`] (the language), [`lib`] (what scripts can call),
//! `convert` (Lua ↔ replies), `cache` (compiled scripts), `calls` (which commands one can call), [`library`] (functions), `host` (what scripts work on: the commands behind `redis.call`), `runner`.
//!
//! Invariants
//! - A run is a function of (script, KEYS, ARGV, state, entry). It starts from the library, which nothing can change, with objects of
//!   its own, so nothing of an earlier run is felt.
//! - No address, hash seed, clock or property of the CPU shows: objects are numbered by the run ([`vm::heap`]), tables are iterated in
//!   the order in which their keys came ([`vm::table`]), numbers are ours or `libm`'s ([`vm::arith`], [`vm::number`]).
//! - No run is endless and none takes more memory than `script-memory`: every instruction, and every byte and element that the library
//!   handles, is charged before or as it is done ([`vm::machine::Machine::charge`]), and nothing catches the end.

mod cache;
mod calls;
mod convert;
mod ending;
mod host;
pub mod lib;
pub mod library;
mod runner;
pub mod source;
#[cfg(test)]
mod tests;
pub mod vm;

pub use cache::{calls_of, source_of};
pub use calls::{Called, Calls};
pub use host::Host;
pub use runner::{PreparedScript, Ran};
pub use source::{Declaration, Sha, Source, parse_sha};
