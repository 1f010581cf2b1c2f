//! Calls of Lua functions by instructions: frames begin, are replaced, and end.
//!
//! Invariant: the frame of a call has its result's place and how many are wanted, so whatever ends it needs nothing else.
#![expect(
    clippy::indexing_slicing,
    reason = "the compiler's registers and constants are within the frame's; checked all the same"
)]

use super::chunk::Named;
use super::heap::Function;
use super::machine::{Caller, Machine, Res};
use super::thread::Frame;
use super::units;
use super::value::{FuncId, LuaValue, TableId};

/// Nested calls of a thread.
const FRAMES_MAX: usize = 20_000;
/// Calls whose memory is charged at once.
const FRAMES_STEP: usize = 32;

impl<'h> Machine<'h> {
    /// Begins the call of a Lua function.
    pub(super) fn push_frame(&mut self, id: FuncId, at: usize, count: usize, wanted: u8, is_entry: bool) -> Res<()> {
        let Some(Function::Lua { chunk, proto, .. }) = self.heap.functions.get(id.0) else { return Ok(()) };
        let (chunk, proto) = (*chunk, *proto);
        if self.thread.frames.len() >= FRAMES_MAX {
            return Err(self.machine_error(b"stack overflow"));
        }
        let Some(info) = self.chunks.get(chunk as usize).and_then(|chunk| chunk.protos.get(proto as usize)) else {
            return Ok(());
        };
        let (params, is_vararg, needs_arg) = (usize::from(info.params), info.is_vararg, info.needs_arg);
        let (registers, start) = (usize::from(info.registers), info.start);
        self.charge(units::CALL + count as u64 / 2)?;
        let mut base = at + 1;
        let mut extra = 0;
        if is_vararg {
            // Fixed parameters move above the extra ones, which lie just below `base`.
            base = at + 1 + count;
            extra = count.saturating_sub(params);
            self.reserve(base + registers + 8)?;
            self.thread.stack.copy_within(at + 1..at + 1 + params.min(count), base);
            let missing = params.saturating_sub(count);
            self.fill(base + params.min(count), missing);
            if needs_arg {
                let table = self.arg_table(at + 1 + params, extra)?;
                if let Some(place) = self.thread.stack.get_mut(base + params) {
                    *place = LuaValue::Table(table);
                }
            } else {
                self.fill(base + params, 1);
            }
        } else {
            self.reserve(base + registers + 8)?;
            if count < params {
                self.fill(base + count, params - count);
            }
        }
        self.thread.frames.push(Frame {
            base: base as u32,
            pc: start,
            function: id,
            chunk,
            proto,
            result: at as u32,
            wanted,
            is_entry,
            extra: extra as u32,
            tail_calls: 0,
        });
        if self.thread.frames.len() > self.thread.deepest {
            self.thread.deepest += FRAMES_STEP;
            self.heap.bytes += FRAMES_STEP * size_of::<Frame>();
        }
        Ok(())
    }

    pub(super) fn fill(&mut self, from: usize, count: usize) {
        self.thread.stack.iter_mut().skip(from).take(count).for_each(|place| *place = LuaValue::Nil);
    }

    fn arg_table(&mut self, from: usize, count: usize) -> Res<TableId> {
        self.charge(units::OBJECT + 2 * units::PIECE + 2 * count as u64)?;
        let table = self.table(count, 1);
        for i in 0..count {
            let value = self.thread.stack.get(from + i).copied().unwrap_or_default();
            self.raw_set(table, LuaValue::Number((i + 1) as f64), value)?;
        }
        self.raw_set(table, LuaValue::Str(super::names::ARG_N), LuaValue::Number(count as f64))?;
        Ok(table)
    }
}

impl Machine<'_> {
    /// Calls what stands at `at`: true if a frame was begun, false if the results are there already.
    pub(super) fn begin_call(&mut self, at: usize, count: usize, wanted: u8) -> Res<bool> {
        let (mut count, mut is_known) = (count, false);
        loop {
            match self.thread.stack[at] {
                LuaValue::Function(id) => match self.heap.functions.get(id.0) {
                    Some(Function::Bound(native, _)) => {
                        let native = *native;
                        let given = self.call_native(native, at + 1, count, Caller::Code)?;
                        self.results(at + 1, given, at, wanted);
                        return Ok(false);
                    }
                    _ => {
                        self.push_frame(id, at, count, wanted, false)?;
                        return Ok(true);
                    }
                },
                LuaValue::Native(native) => {
                    let given = self.call_native(native, at + 1, count, Caller::Code)?;
                    self.results(at + 1, given, at, wanted);
                    return Ok(false);
                }
                _ => {
                    let named = if is_known { Named::Not } else { self.called() };
                    self.callable(at, count, named)?;
                    is_known = true;
                    count += 1;
                }
            }
        }
    }

    pub(super) fn begin_tail_call(&mut self, at: usize, count: usize) -> Res<bool> {
        let is_lua = |machine: &Self| match machine.thread.stack[at] {
            LuaValue::Function(id) => matches!(machine.heap.functions.get(id.0), Some(Function::Lua { .. })),
            _ => false,
        };
        let mut count = count;
        if !matches!(self.thread.stack[at], LuaValue::Function(_) | LuaValue::Native(_)) {
            let named = self.called();
            self.callable(at, count, named)?;
            count += 1;
        }
        if !is_lua(self) {
            return self.begin_call(at, count, 0);
        }
        let Some(frame) = self.thread.frames.last().copied() else { return Ok(false) };
        self.close_upvalues(frame.base);
        let to = frame.result as usize;
        self.thread.stack.copy_within(at..at + 1 + count, to);
        self.thread.frames.pop();
        if let LuaValue::Function(id) = self.thread.stack[to] {
            self.push_frame(id, to, count, frame.wanted, frame.is_entry)?;
            if let Some(last) = self.thread.frames.last_mut() {
                last.tail_calls = frame.tail_calls.saturating_add(1);
            }
        }
        Ok(true)
    }

    /// Results go where they are wanted.
    #[inline]
    pub(super) fn results(&mut self, from: usize, given: usize, to: usize, wanted: u8) {
        if wanted == 0 {
            self.thread.stack.copy_within(from..from + given, to);
            self.thread.top = to + given;
            return;
        }
        let wanted = usize::from(wanted) - 1;
        if wanted == 1 {
            self.thread.stack[to] = if given == 0 { LuaValue::Nil } else { self.thread.stack[from].copied() };
            return;
        }
        let kept = given.min(wanted);
        self.thread.stack.copy_within(from..from + kept, to);
        self.thread.stack[to + kept..to + wanted].fill(LuaValue::Nil);
    }

    /// Ends the last frame: the number of results if the loop is to end with it.
    #[inline]
    pub(super) fn finish_call(&mut self, from: usize, count: usize) -> Res<Option<usize>> {
        let Some(frame) = self.thread.frames.pop() else { return Ok(Some(0)) };
        if !self.thread.open.is_empty() {
            self.close_upvalues(frame.base);
        }
        let to = frame.result as usize;
        if frame.is_entry {
            self.thread.stack.copy_within(from..from + count, to);
            return Ok(Some(count));
        }
        self.charge(count as u64 / 2)?;
        self.results(from, count, to, frame.wanted);
        Ok(None)
    }
}

impl<'h> Machine<'h> {
    /// Drops the calls beyond the first `frames`, and closes the variables from `from` on.
    pub fn unwind(&mut self, frames: usize, from: usize) {
        self.thread.frames.truncate(frames);
        self.close_upvalues(from as u32);
    }
}
