//! What a source is compiled to: its functions' code, constants, and what messages say of it.

use super::op::Op;
use super::value::{LuaValue, StrId};

/// A compiled source: immutable, shared by all its runs.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// As it was named.
    pub source: Vec<u8>,
    /// As messages call it.
    pub name: Vec<u8>,
    /// All functions' code, one behind the other.
    pub code: Vec<Op>,
    /// The line of each instruction.
    pub lines: Vec<u32>,
    /// All functions' constants.
    pub constants: Vec<LuaValue>,
    /// The functions; the last is the main one.
    pub protos: Vec<Proto>,
    /// Names of operands: (instruction, which operand, name), in order.
    pub names: Vec<(u32, u8, Named)>,
    /// Bytes that all this takes, with the strings that were new.
    pub bytes: usize,
}

impl Chunk {
    /// What the operand of the instruction was called.
    pub fn named(&self, at: usize, operand: u8) -> Named {
        let found = self.names.binary_search_by_key(&(at as u32, operand), |(at, operand, _)| (*at, *operand));
        found.ok().and_then(|place| self.names.get(place)).map_or(Named::Not, |(.., name)| *name)
    }
}

/// One function of a chunk.
#[derive(Clone, Debug)]
pub struct Proto {
    /// Where its code begins in the chunk's.
    pub start: u32,
    /// Fixed parameters.
    pub params: u8,
    /// Takes `...`.
    pub is_vararg: bool,
    /// Its extra arguments are in the table `arg`, the variable behind its parameters.
    pub needs_arg: bool,
    /// Registers that it needs.
    pub registers: u8,
    /// What its closures capture.
    pub captures: Box<[Capture]>,
    /// The line of `function`; 0 for the main one.
    pub line: u32,
    /// Names of its upvalues.
    pub upvalue_names: Box<[StrId]>,
}

/// Where a closure finds an upvalue when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// In the register of the enclosing function.
    Register(u8),
    /// In the upvalue of the enclosing function.
    Upvalue(u8),
}

/// What a value was called in the source, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// Nothing that can be said.
    Not,
    /// A local variable.
    Local(StrId),
    /// A global one.
    Global(StrId),
    /// One of an outer function.
    Upvalue(StrId),
    /// A field.
    Field(StrId),
    /// A method.
    Method(StrId),
}

impl Named {
    /// The name.
    pub fn id(self) -> Option<StrId> {
        match self {
            Self::Not => None,
            Self::Local(id) | Self::Global(id) | Self::Upvalue(id) | Self::Field(id) | Self::Method(id) => Some(id),
        }
    }

    /// What kind of name it is.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Not => "",
            Self::Local(_) => "local",
            Self::Global(_) => "global",
            Self::Upvalue(_) => "upvalue",
            Self::Field(_) => "field",
            Self::Method(_) => "method",
        }
    }
}
