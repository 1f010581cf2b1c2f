//! The Lua sandbox: scripts that run in apply on every node, and read-only ones on one node.
//!
//! One module per concern: [`source`] (a script's text, name and shebang), `sandbox` (a state with exactly the globals
//! that scripts may use), `base`, `strings`, `tables`, `maths` (library functions that differ from Lua's own),
//! `printf` (number formats), `cmath` (C functions replaced at link time), `convert` (Lua ↔ replies), `api`
//! (`redis.*`), `host` (what scripts work on: the commands behind `redis.call`), `budget` (what bounds a run), `raise` (errors), `runner`.
//!
//! Invariants
//! - A run is a function of (script, KEYS, ARGV, state, entry). Each gets a fresh Lua state, so nothing of an earlier
//!   run is felt: no global, no interned string, no garbage, no position of the collector.
//! - No address shows. `tostring` of an object gives its type, `next` refuses keys that are objects, and string keys
//!   are hashed by Lua 5.1 from length and bytes without a seed; so the order of `pairs` is a function of what
//!   was put into the table, in which order.
//! - Floating-point functions whose last bit differs by CPU or C library come from the `libm` crate, `^` included
//!   (`cmath`). Those that IEEE 754 defines exactly (`floor`, `sqrt`, `fmod`, `frexp` …) are C's. Printing goes
//!   through `%.14g`, which glibc and musl round exactly.
//! - No run is endless and none takes more memory than `script-memory`; see `budget`.
//!
//! Deliberately absent for now: pattern functions (they raise an error that says so), `cjson`, `cmsgpack`, `bit`,
//! `struct`, and states that are used again. Absent for good: `os`, `io`, `require`, `debug`, `collectgarbage`,
//! `newproxy`, `string.dump` and everything else that reads the node or compiled code.
//!
//! Known limits: the sign of a NaN shows when one is printed and is the CPU's; a table with objects as keys, some of
//! them deleted again, may grow at another moment on another node, which only a script at the very edge of its memory
//! could feel. An allocator of our own at a fixed address removes the second.

mod api;
mod base;
mod budget;
mod cmath;
mod convert;
mod host;
mod maths;
mod params;
mod printf;
mod raise;
mod runner;
mod sandbox;
mod shield;
pub mod source;
mod strings;
mod tables;
#[cfg(test)]
mod tests;

pub use host::Host;
pub use runner::Prepared;
pub use source::Source;
