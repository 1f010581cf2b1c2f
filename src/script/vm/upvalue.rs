//! Variables that closures share.
//!
//! Invariant: a variable is on its thread's stack, and in `Thread::open` by its place, until its scope ends; then it has the value
//! itself.

use super::chunk::Capture;
use super::heap::{Function, Upvalue};
use super::machine::{Machine, Res};
use super::value::LuaValue;

impl Machine<'_> {
    pub(super) fn close_over(
        &mut self,
        function: u32,
        base: usize,
        chunk: u32,
        proto: u32,
        captures: &[Capture],
    ) -> Res<LuaValue> {
        self.charge(4 * captures.len() as u64)?;
        let upvalues = captures
            .iter()
            .map(|capture| match capture {
                Capture::Register(register) => self.find_upvalue((base + usize::from(*register)) as u32),
                Capture::Upvalue(i) => self.upvalue_number(function, *i),
            })
            .collect();
        let Some(Function::Lua { env, .. }) = self.heap.functions.get(function) else { return Ok(LuaValue::Nil) };
        let env = *env;
        Ok(LuaValue::Function(self.heap.function(Function::Lua { chunk, proto, upvalues, env })))
    }
}

impl<'h> Machine<'h> {
    fn find_upvalue(&mut self, place: u32) -> u32 {
        match self.thread.open.binary_search_by_key(&place, |(place, _)| *place) {
            Ok(found) => self.thread.open.get(found).map_or(0, |(_, number)| *number),
            Err(at) => {
                let number = self.heap.upvalue(Upvalue::Open(self.current, place));
                self.thread.open.insert(at, (place, number));
                number
            }
        }
    }

    pub(super) fn close_upvalues(&mut self, from: u32) {
        while let Some((place, number)) = self.thread.open.last().copied() {
            if place < from {
                break;
            }
            self.thread.open.pop();
            let value = self.thread.stack.get(place as usize).copied().unwrap_or_default();
            if let Some(upvalue) = self.heap.upvalues.get_mut(number) {
                *upvalue = Upvalue::Closed(value);
            }
        }
    }
}

impl Machine<'_> {
    /// Closes all variables of the running thread.
    pub(crate) fn close_all(&mut self) {
        self.close_upvalues(0);
    }
}

impl<'h> Machine<'h> {
    pub(super) fn upvalue(&self, number: u32) -> LuaValue {
        match self.heap.upvalues.get(number) {
            Some(Upvalue::Closed(value)) => *value,
            Some(Upvalue::Open(thread, place)) => {
                let stack = if *thread == self.current {
                    Some(&self.thread.stack)
                } else {
                    self.heap.threads.get(thread.0).map(|thread| &thread.stack)
                };
                stack.and_then(|stack| stack.get(*place as usize)).copied().unwrap_or_default()
            }
            None => LuaValue::Nil,
        }
    }

    pub(super) fn set_upvalue(&mut self, number: u32, value: LuaValue) {
        match self.heap.upvalues.get_mut(number) {
            Some(Upvalue::Closed(place)) => *place = value,
            Some(Upvalue::Open(thread, place)) => {
                let (thread, place) = (*thread, *place as usize);
                let stack = if thread == self.current {
                    Some(&mut self.thread.stack)
                } else {
                    self.heap.threads.get_mut(thread.0).map(|thread| &mut thread.stack)
                };
                if let Some(place) = stack.and_then(|stack| stack.get_mut(place)) {
                    *place = value;
                }
            }
            None => {}
        }
    }
}
