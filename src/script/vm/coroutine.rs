//! How a thread begins, and goes on behind the call that yielded.
#![expect(
    clippy::indexing_slicing,
    reason = "the compiler's registers and constants are within the frame's; checked all the same"
)]

use super::machine::{Caller, Machine, Res};
use super::op::Op;
use super::value::LuaValue;

impl Machine<'_> {
    /// Begins or goes on with the thread that is now the running one: how many results it has from its first place on.
    pub(crate) fn go_on(&mut self, values: &[LuaValue]) -> Res<usize> {
        let caller = std::mem::replace(&mut self.caller, Caller::None);
        let result = self.go_on_inner(values);
        self.caller = caller;
        result
    }

    fn go_on_inner(&mut self, values: &[LuaValue]) -> Res<usize> {
        let at = self.thread.top;
        self.reserve(at + values.len() + 8)?;
        self.thread.stack[at..at + values.len()].copy_from_slice(values);
        let Some(frame) = self.thread.frames.last().copied() else {
            self.thread.top = at + values.len();
            if let LuaValue::Function(id) = self.thread.stack[0] {
                self.push_frame(id, 0, values.len(), 0, true)?;
            }
            return self.execute();
        };
        // The values are the results of the call that yielded.
        let code = &self.chunks[frame.chunk as usize].code;
        let (to, wanted) = match code[frame.pc as usize - 1] {
            Op::Call { a, c, .. } => (frame.base as usize + usize::from(a), c),
            Op::TailCall { a, .. } => (frame.base as usize + usize::from(a), 0),
            _ => return Ok(0),
        };
        self.reserve(to + usize::from(wanted) + values.len() + 8)?;
        self.results(at, values.len(), to, wanted);
        self.execute()
    }

    /// True for the thread that the run began with.
    pub(crate) fn is_main(&self) -> bool {
        self.current.0 == 0
    }
}
