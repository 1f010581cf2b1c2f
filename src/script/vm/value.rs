//! What a Lua variable holds: sixteen bytes, copied freely; objects are numbers into the run's [`Heap`](super::heap::Heap).

/// A string of the run, of its script's constants, or of the shared names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrId(pub u32);
/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableId(pub u32);
/// A closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FuncId(pub u32);
/// A function of the library, by its place in the list of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NativeId(pub u16);
/// A coroutine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadId(pub u32);

/// A value of Lua.
#[derive(Clone, Copy, Debug, Default)]
pub enum LuaValue {
    /// `nil`
    #[default]
    Nil,
    /// `true`, `false`
    Bool(bool),
    /// The only kind of number there is.
    Number(f64),
    /// A string.
    Str(StrId),
    /// A table.
    Table(TableId),
    /// A function of the script.
    Function(FuncId),
    /// A function of the library.
    Native(NativeId),
    /// A coroutine.
    Thread(ThreadId),
    /// `cjson.null`: C's null pointer, the only userdata there is.
    Null,
}

impl LuaValue {
    /// The same value. A number is copied as one: its kind and its bits may just have been written, by two stores, and a load of both
    /// at once would wait until they have left the CPU.
    #[inline(always)]
    pub(super) fn copied(&self) -> Self {
        if let Self::Number(n) = *self { Self::Number(n) } else { *self }
    }

    /// What `if` takes for true.
    pub fn is_true(self) -> bool {
        !matches!(self, Self::Nil | Self::Bool(false))
    }

    /// True for `nil`.
    pub fn is_nil(self) -> bool {
        matches!(self, Self::Nil)
    }

    /// True for what a collection follows or frees.
    pub(super) fn is_object(self) -> bool {
        matches!(self, Self::Str(_) | Self::Table(_) | Self::Function(_) | Self::Thread(_))
    }

    /// What `type` answers.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Str(_) => "string",
            Self::Table(_) => "table",
            Self::Function(_) | Self::Native(_) => "function",
            Self::Thread(_) => "thread",
            Self::Null => "userdata",
        }
    }
}
