//! The loop that runs instructions: what [`fast`](super::fast) leaves, and calls. Its frame stays small: the library calls it again, up to
//! [`LEVELS_MAX`](super::machine::LEVELS_MAX) deep.
#![expect(
    clippy::indexing_slicing,
    reason = "the compiler's registers and constants are within the frame's; checked all the same"
)]

use std::sync::Arc;

use super::chunk::Chunk;
use super::fast::Stop;
use super::heap::Function;
use super::machine::{Machine, Res};
use super::op::{NO_REG, Op};
use super::operate::Arith;
use super::units;
use super::value::LuaValue;

/// How the loop goes on behind an instruction that changed the frame.
enum Next {
    Frame,
    Done(usize),
}

impl Machine<'_> {
    /// Runs the last frame, an entry, to its end: its results are at its place, how many.
    pub(super) fn execute(&mut self) -> Res<usize> {
        loop {
            let frame = self.thread.frames.last().copied();
            let Some(frame) = frame else { return Ok(0) };
            let chunk = self.chunks[frame.chunk as usize].clone();
            match self.run_chunk(&chunk, frame.chunk)? {
                Next::Frame => {}
                Next::Done(count) => return Ok(count),
            }
        }
    }

    /// Runs frames of one chunk.
    fn run_chunk(&mut self, chunk: &Arc<Chunk>, number: u32) -> Res<Next> {
        let code = chunk.code.as_slice();
        let constants = chunk.constants.as_slice();
        'frame: loop {
            let Some(frame) = self.thread.frames.last().copied() else { return Ok(Next::Done(0)) };
            if frame.chunk != number {
                return Ok(Next::Frame);
            }
            let base = frame.base as usize;
            let mut pc = frame.pc as usize;
            // What lies above is dead, unless the instruction before has left open results.
            let top = base + usize::from(chunk.protos[frame.proto as usize].registers);

            macro_rules! reg {
                ($i:expr) => {
                    self.thread.stack[base + usize::from($i)]
                };
            }
            macro_rules! arith {
                ($a:expr, $x:expr, $y:expr, $op:ident) => {{
                    let value = self.arith(Arith::$op, $x, $y)?;
                    reg!($a) = value;
                }};
            }
            macro_rules! jump_if {
                ($holds:expr, $when:expr, $off:expr) => {
                    if $holds == $when {
                        pc = pc.wrapping_add_signed($off as isize);
                    }
                };
            }

            loop {
                let op = match self.run_fast(code, constants, &frame, pc) {
                    Stop::Op(at) => {
                        pc = at + 1;
                        code[at]
                    }
                    Stop::Work(next) => {
                        pc = next;
                        self.settle(top)?;
                        continue;
                    }
                    Stop::Fuel(at) => {
                        pc = at;
                        self.save_place(at + 1);
                        self.refuel(1)?;
                        // The instruction is paid for as it is done.
                        self.fuel += 1;
                        continue;
                    }
                };
                self.save_place(pc);
                // Calls and returns may take open results, up to the top.
                match op {
                    Op::Call { a, b, c } => {
                        let at = base + usize::from(a);
                        let count = if b == 0 { self.thread.top - at - 1 } else { usize::from(b) - 1 };
                        if self.begin_call(at, count, c)? {
                            continue 'frame;
                        }
                        self.settle(top.max(self.thread.top))?;
                        continue;
                    }
                    Op::TailCall { a, b } => {
                        let at = base + usize::from(a);
                        let count = if b == 0 { self.thread.top - at - 1 } else { usize::from(b) - 1 };
                        if self.begin_tail_call(at, count)? {
                            continue 'frame;
                        }
                        self.settle(top.max(self.thread.top))?;
                        continue;
                    }
                    Op::Return { a, b } => {
                        let from = base + usize::from(a);
                        let count = if b == 0 { self.thread.top - from } else { usize::from(b) - 1 };
                        match self.finish_call(from, count)? {
                            Some(count) => return Ok(Next::Done(count)),
                            None => continue 'frame,
                        }
                    }
                    Op::SetList { a, n, start } => {
                        let from = base + usize::from(a) + 1;
                        let count = if n == 0 { self.thread.top - from } else { usize::from(n) };
                        self.thread.top = top;
                        self.set_list(base + usize::from(a), from, count, start as usize)?;
                        self.settle(top)?;
                        continue;
                    }
                    Op::Vararg { a, b } => {
                        self.thread.top = top;
                        self.extra_arguments(base, base + usize::from(a), b)?;
                        continue;
                    }
                    _ => self.thread.top = top,
                }
                match op {
                    Op::GetGlobal { a, k } => {
                        let Some(Function::Lua { env, .. }) = self.heap.functions.get(frame.function.0) else {
                            continue;
                        };
                        self.index_to(base + usize::from(a), LuaValue::Table(*env), constants[k as usize], NO_REG)?;
                    }
                    Op::SetGlobal { a, k } => {
                        let Some(Function::Lua { env, .. }) = self.heap.functions.get(frame.function.0) else {
                            continue;
                        };
                        self.set_index(LuaValue::Table(*env), constants[k as usize], reg!(a), NO_REG)?;
                    }
                    Op::GetUpvalue { a, i } => {
                        let number = self.upvalue_number(frame.function.0, i);
                        reg!(a) = self.upvalue(number);
                    }
                    Op::SetUpvalue { a, i } => {
                        let number = self.upvalue_number(frame.function.0, i);
                        self.set_upvalue(number, reg!(a));
                    }
                    Op::GetTable { a, b, c } => self.index_to(base + usize::from(a), reg!(b), reg!(c), 0)?,
                    Op::GetField { a, b, k } | Op::GetConst { a, b, k } => {
                        self.index_to(base + usize::from(a), reg!(b), constants[k as usize], 0)?;
                    }
                    Op::SetTable { a, b, c } => self.set_index(reg!(a), reg!(b), reg!(c), 0)?,
                    Op::SetField { a, c, k } | Op::SetConst { a, c, k } => {
                        self.set_index(reg!(a), constants[k as usize], reg!(c), 0)?;
                    }
                    Op::Method { a, b, k } => {
                        let object = reg!(b);
                        let value = self.index(object, constants[k as usize], 0)?;
                        reg!(a + 1) = object;
                        reg!(a) = value;
                    }
                    Op::Add { a, b, c } => arith!(a, reg!(b), reg!(c), Add),
                    Op::Sub { a, b, c } => arith!(a, reg!(b), reg!(c), Sub),
                    Op::Mul { a, b, c } => arith!(a, reg!(b), reg!(c), Mul),
                    Op::Div { a, b, c } => arith!(a, reg!(b), reg!(c), Div),
                    Op::Mod { a, b, c } => arith!(a, reg!(b), reg!(c), Mod),
                    Op::Pow { a, b, c } => {
                        self.charge(units::FUNCTION)?;
                        arith!(a, reg!(b), reg!(c), Pow);
                    }
                    Op::AddK { a, b, k } => arith!(a, reg!(b), constants[k as usize], Add),
                    Op::SubK { a, b, k } => arith!(a, reg!(b), constants[k as usize], Sub),
                    Op::MulK { a, b, k } => arith!(a, reg!(b), constants[k as usize], Mul),
                    Op::DivK { a, b, k } => arith!(a, reg!(b), constants[k as usize], Div),
                    Op::ModK { a, b, k } => arith!(a, reg!(b), constants[k as usize], Mod),
                    Op::PowK { a, b, k } => {
                        self.charge(units::FUNCTION)?;
                        arith!(a, reg!(b), constants[k as usize], Pow);
                    }
                    Op::Eq { a, b, when, off } => jump_if!(self.equal(reg!(a), reg!(b))?, when, off),
                    Op::Lt { a, b, when, off } => jump_if!(self.less(reg!(a), reg!(b))?, when, off),
                    Op::Le { a, b, when, off } => jump_if!(self.less_equal(reg!(a), reg!(b))?, when, off),
                    Op::LtK { a, b, when, off } => jump_if!(self.less(reg!(a), constants[usize::from(b)])?, when, off),
                    Op::LeK { a, b, when, off } => {
                        jump_if!(self.less_equal(reg!(a), constants[usize::from(b)])?, when, off);
                    }
                    Op::GtK { a, b, when, off } => jump_if!(self.less(constants[usize::from(b)], reg!(a))?, when, off),
                    Op::GeK { a, b, when, off } => {
                        jump_if!(self.less_equal(constants[usize::from(b)], reg!(a))?, when, off);
                    }
                    Op::ForPrep { a, off } => {
                        self.for_prepare(base + usize::from(a))?;
                        pc = pc.wrapping_add_signed(off as isize);
                    }
                    Op::TForLoop { a, c, off } => {
                        if self.iterate(base + usize::from(a), usize::from(c))? {
                            pc = pc.wrapping_add_signed(off as isize);
                        }
                    }
                    other => self.uncommon(other, chunk, number, &frame)?,
                }
                self.settle(top)?;
            }
        }
    }

    #[inline]
    fn save_place(&mut self, pc: usize) {
        if let Some(frame) = self.thread.frames.last_mut() {
            frame.pc = pc as u32;
        }
    }

    #[inline]
    pub(super) fn upvalue_number(&self, function: u32, i: u8) -> u32 {
        match self.heap.functions.get(function) {
            Some(Function::Lua { upvalues, .. }) => upvalues[usize::from(i)],
            _ => 0,
        }
    }
}
