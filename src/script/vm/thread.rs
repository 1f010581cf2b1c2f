//! A thread of execution: its stack and the calls on it.

use super::value::{FuncId, LuaValue};

/// What a coroutine is charged for besides its stack and its calls, bytes.
const THREAD_BYTES: usize = 256;

/// A call of a Lua function.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Its first register.
    pub base: u32,
    /// The instruction to run next, in the chunk's code.
    pub pc: u32,
    /// What runs.
    pub function: FuncId,
    /// Its chunk.
    pub chunk: u32,
    /// Its function of the chunk.
    pub proto: u32,
    /// Where its results go.
    pub result: u32,
    /// Results that are wanted, plus one; 0: all.
    pub wanted: u8,
    /// Called by the library or a metamethod: the loop that runs it ends with it.
    pub is_entry: bool,
    /// Extra arguments, below `base`.
    pub extra: u32,
    /// Calls that were replaced by this one.
    pub tail_calls: u32,
}

/// How far a coroutine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not begun, or in a `yield`.
    Suspended,
    /// It is what runs.
    Running,
    /// It has resumed another one.
    Normal,
    /// It has ended, or failed.
    Dead,
}

/// A thread.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Registers of all calls.
    pub stack: Vec<LuaValue>,
    /// The calls.
    pub frames: Vec<Frame>,
    /// The first stack place that no call uses.
    pub top: usize,
    /// Variables on this stack that closures share: (place, number), by place.
    pub open: Vec<(u32, u32)>,
    /// How far it is.
    pub status: Status,
    /// Levels of the library that stand between the running call and the thread's own loop.
    pub levels: u32,
    /// Calls that it has room for, as far as they are charged.
    pub(super) deepest: usize,
}

impl Default for Thread {
    fn default() -> Self {
        Self {
            stack: Vec::new(),
            frames: Vec::new(),
            top: 0,
            open: Vec::new(),
            status: Status::Suspended,
            levels: 0,
            deepest: 0,
        }
    }
}

impl Thread {
    /// What it takes, bytes.
    pub(super) fn bytes(&self) -> usize {
        THREAD_BYTES + self.stack.len() * size_of::<LuaValue>() + self.deepest * size_of::<Frame>()
    }

    /// Values that it keeps alive.
    pub fn values(&self) -> impl Iterator<Item = LuaValue> {
        let called = self.frames.iter().map(|frame| LuaValue::Function(frame.function));
        self.stack.get(..self.top.min(self.stack.len())).unwrap_or_default().iter().copied().chain(called)
    }

    /// Its open variables.
    pub fn open_upvalues(&self) -> impl Iterator<Item = u32> {
        self.open.iter().map(|(_, number)| *number)
    }
}
