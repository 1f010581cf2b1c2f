//! Instructions that are calls into the heap or the library anyway, and what the loop does where operands are not the ordinary ones:
//! apart from the loop, so that its own frame stays small.
#![expect(
    clippy::indexing_slicing,
    reason = "the compiler's registers and constants are within the frame's; checked all the same"
)]

use super::chunk::Chunk;
use super::machine::{Machine, Res};
use super::op::Op;
use super::table::Table;
use super::thread::Frame;
use super::units;
use super::value::LuaValue;

impl Machine<'_> {
    /// Runs one of them.
    #[inline]
    pub(super) fn uncommon(&mut self, op: Op, chunk: &Chunk, number: u32, frame: &Frame) -> Res<()> {
        let base = frame.base as usize;
        macro_rules! reg {
            ($i:expr) => {
                self.thread.stack[base + usize::from($i)]
            };
        }
        match op {
            Op::NewTable { a, array, fields } => {
                let table = self.heap.table(Table::sized(usize::from(array), usize::from(fields)));
                let pieces = u64::from(array > 0) + 2 * u64::from(fields > 0);
                self.charge(pieces * units::PIECE + u64::from(array) / 2 + 2 * u64::from(fields))?;
                reg!(a) = LuaValue::Table(table);
            }
            Op::Minus { a, b } => {
                let value = self.minus(reg!(b))?;
                reg!(a) = value;
            }
            Op::Len { a, b } => {
                let value = self.length(reg!(b))?;
                reg!(a) = value;
            }
            Op::Concat { a, b, c } => {
                let value = self.concat(base, b, c)?;
                reg!(a) = value;
            }
            Op::Close { a } => self.close_upvalues((base + usize::from(a)) as u32),
            Op::Closure { a, p } => {
                let captures = &chunk.protos[p as usize].captures;
                let closure = self.close_over(frame.function.0, base, number, p, captures)?;
                reg!(a) = closure;
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn index_to(&mut self, to: usize, object: LuaValue, key: LuaValue, operand: u8) -> Res<()> {
        let value = self.index(object, key, operand)?;
        self.thread.stack[to] = value;
        Ok(())
    }

    /// One round of a generic loop, whose iterator, state and variable are at `at`: false at its end.
    pub(super) fn iterate(&mut self, at: usize, wanted: usize) -> Res<bool> {
        self.thread.stack.copy_within(at..at + 3, at + 3);
        let to = at + 3;
        self.thread.top = to + 3;
        let given = self.call_at(to, 2)?;
        for i in given..wanted {
            self.thread.stack[to + i] = LuaValue::Nil;
        }
        let first = self.thread.stack[to];
        if !first.is_nil() {
            self.thread.stack[at + 2] = first;
        }
        Ok(!first.is_nil())
    }

    /// `...` of the last frame goes to `at`: as many as are `wanted`, less one, or all.
    pub(super) fn extra_arguments(&mut self, base: usize, at: usize, wanted: u8) -> Res<()> {
        let extra = self.thread.frames.last().map_or(0, |frame| frame.extra) as usize;
        let count = if wanted == 0 { extra } else { usize::from(wanted) - 1 };
        self.charge(count as u64 / 2)?;
        self.reserve(at + count + 8)?;
        for i in 0..count {
            self.thread.stack[at + i] = if i < extra { self.thread.stack[base - extra + i] } else { LuaValue::Nil };
        }
        if wanted == 0 {
            self.thread.top = at + count;
        }
        Ok(())
    }

    pub(super) fn for_prepare(&mut self, at: usize) -> Res<()> {
        for (i, what) in ["initial value", "limit", "step"].into_iter().enumerate() {
            self.charge_number(self.thread.stack[at + i])?;
            match self.to_number(self.thread.stack[at + i]) {
                Some(n) => self.thread.stack[at + i] = LuaValue::Number(n),
                None => return Err(self.error(&format!("'for' {what} must be a number"))),
            }
        }
        if let (LuaValue::Number(first), LuaValue::Number(step)) = (self.thread.stack[at], self.thread.stack[at + 2]) {
            self.thread.stack[at] = LuaValue::Number(first - step);
        }
        Ok(())
    }

    pub(super) fn set_list(&mut self, table: usize, from: usize, count: usize, start: usize) -> Res<()> {
        let LuaValue::Table(id) = self.thread.stack[table] else { return Ok(()) };
        self.charge(count as u64 / 2)?;
        if let Some(table) = self.heap.tables.get_mut(id.0) {
            let before = table.bytes();
            table.reserve_array(start + count);
            let after = table.bytes();
            self.heap.bytes = (self.heap.bytes + after).saturating_sub(before);
            for i in 0..count {
                table.set_int_in_place(start + i + 1, self.thread.stack[from + i]);
            }
        }
        Ok(())
    }
}
