//! The language: Lua 5.1 by its reference manual, with its error texts.
//!
//! [`lexer`] and [`compile`] make a [`chunk::Chunk`] of a source, [`machine`] runs it on the objects of a [`heap`]. `run` has the loop, with
//! `fast` inside it, `uncommon`, `upvalue`, and `frame` for calls; what the library does as well is in `call`, `index`, `operate`, `compare`, `meta`;
//! `error` says what went wrong where, `coroutine` how threads go on, `native` has functions of the library as values.

pub mod arith;
mod call;
pub mod chunk;
mod compare;
pub mod compile;
mod coroutine;
mod error;
mod fast;
mod frame;
pub mod heap;
mod index;
pub mod lexer;
mod lookup;
pub mod machine;
mod meta;
pub mod names;
mod native;
pub mod number;
pub mod op;
mod operate;
pub mod printf;
mod run;
pub mod strings;
pub mod table;
pub mod thread;
mod uncommon;
pub mod units;
mod upvalue;
pub mod value;
