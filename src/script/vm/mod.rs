//! The language: Lua 5.1 by its reference manual, with its error texts.
//!
//! [`lexer`] and [`compile`] make a [`op::Chunk`] of a source, [`machine`] runs it (`run` has the loop, `meta` what an instruction does
//! with other than ordinary operands) on the objects of a [`heap`].

pub mod arith;
pub mod compile;
pub mod heap;
pub mod lexer;
pub mod machine;
pub(crate) mod meta;
pub mod names;
pub mod number;
pub mod op;
pub mod printf;
mod run;
pub mod strings;
pub mod table;
pub mod thread;
pub mod value;
