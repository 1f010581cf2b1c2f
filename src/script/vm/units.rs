//! Units of a run's budget: what takes longer than the simplest instructions do is charged by these.
//!
//! A unit is about two nanoseconds of a server's core of 2023, wherever it is spent: an instruction that only moves or adds is one.
//! `benches/units.rs` measures what each thing takes; nothing may take more than twice that.

/// A search by a key that is no index, besides its instruction.
pub const LOOKUP: u64 = 2;
/// The call of a function of the script, besides its instructions.
pub const CALL: u64 = 6;
/// The call of a function of the library, besides its instruction.
pub const NATIVE: u64 = 12;
/// A call out of an instruction or of the library: metamethods, iterators, comparators.
pub const CALLBACK: u64 = 16;
/// An object that is made: what it takes until it is collected again.
pub const OBJECT: u64 = 12;
/// One more piece of memory that an object has: parts of tables, long strings, captured variables.
pub const PIECE: u64 = 16;
/// Two short strings are compared.
pub const COMPARE: u64 = 4;
/// `^`, sines, logarithms.
pub const FUNCTION: u64 = 40;
/// Reading a number from a short text.
pub const READING: u64 = 20;
/// Making the text of a number, at most.
pub const TEXT: u64 = 100;
/// Making a message, with its place.
pub const MESSAGE: u64 = 150;
/// A coroutine with its stack.
pub const THREAD: u64 = 300;
/// Changing to another coroutine and back.
pub const RESUME: u64 = 40;
/// A source that is compiled in a run, besides its bytes.
pub const COMPILING: u64 = 500;
/// A byte of a source that is compiled.
pub const SOURCE_BYTE: u64 = 32;
