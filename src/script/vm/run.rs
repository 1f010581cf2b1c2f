//! The loop that runs instructions. It is one function, whose frame stays small: the library calls it again, up to
//! [`LEVELS_MAX`](super::machine::LEVELS_MAX) deep.
#![expect(
    clippy::indexing_slicing,
    reason = "the compiler's registers and constants are within the frame's; checked all the same"
)]

use std::sync::Arc;

use super::chunk::Chunk;
use super::heap::Function;
use super::machine::{Machine, Res};
use super::op::{NO_REG, Op};
use super::operate::Arith;
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
            let Some(frame) = self.thread.frames.last() else { return Ok(Next::Done(0)) };
            if frame.chunk != number {
                return Ok(Next::Frame);
            }
            let base = frame.base as usize;
            let mut pc = frame.pc as usize;
            let function = frame.function;
            let registers = usize::from(chunk.protos[frame.proto as usize].registers);

            macro_rules! reg {
                ($i:expr) => {
                    self.thread.stack[base + usize::from($i)]
                };
            }
            macro_rules! save {
                () => {
                    self.save(pc, base + registers)
                };
            }
            macro_rules! arith {
                ($a:expr, $x:expr, $y:expr, $op:ident) => {
                    self.arith_op(base + usize::from($a), Arith::$op, $x, $y, (pc, base + registers))?
                };
            }
            macro_rules! jump_if {
                ($holds:expr, $when:expr, $off:expr) => {
                    if $holds == $when {
                        pc = pc.wrapping_add_signed($off as isize);
                    }
                };
            }

            loop {
                let op = code[pc];
                pc += 1;
                match self.fuel.checked_sub(1) {
                    Some(left) => self.fuel = left,
                    None => {
                        save!();
                        self.refuel(1)?;
                    }
                }
                match op {
                    Op::Move { a, b } => reg!(a) = reg!(b),
                    Op::LoadK { a, k } => reg!(a) = constants[k as usize],
                    Op::LoadNil { a, n } => {
                        let from = base + usize::from(a);
                        self.thread.stack[from..from + usize::from(n)].fill(LuaValue::Nil);
                    }
                    Op::LoadBool { a, value, skip } => {
                        reg!(a) = LuaValue::Bool(value);
                        pc += usize::from(skip);
                    }
                    Op::GetUpvalue { a, i } => {
                        let number = self.upvalue_number(function.0, i);
                        reg!(a) = self.upvalue(number);
                    }
                    Op::SetUpvalue { a, i } => {
                        let number = self.upvalue_number(function.0, i);
                        let value = reg!(a);
                        self.set_upvalue(number, value);
                    }
                    Op::GetGlobal { a, k } => {
                        let Some(Function::Lua { env, .. }) = self.heap.functions.get(function.0) else { continue };
                        let env = *env;
                        let key = constants[k as usize];
                        let table = self.heap.tables.get(env.0);
                        let found = match (table, key) {
                            (Some(table), LuaValue::Str(id)) => table.get_str(id, &self.heap.strings),
                            _ => LuaValue::Nil,
                        };
                        if found.is_nil() && table.is_some_and(|table| table.meta.is_some()) {
                            save!();
                            self.index_to(base + usize::from(a), LuaValue::Table(env), key, NO_REG)?;
                        } else {
                            reg!(a) = found;
                        }
                    }
                    Op::GetTable { a, b, c } => {
                        let (object, key) = (reg!(b), reg!(c));
                        if let LuaValue::Table(id) = object
                            && let Some(table) = self.heap.tables.get(id.0)
                        {
                            let value = table.get(key, &self.heap.strings);
                            if !value.is_nil() || table.meta.is_none() {
                                reg!(a) = value;
                                continue;
                            }
                        }
                        save!();
                        self.index_to(base + usize::from(a), object, key, 0)?;
                    }
                    Op::GetField { a, b, k } => {
                        let object = reg!(b);
                        if let LuaValue::Table(id) = object
                            && let Some(table) = self.heap.tables.get(id.0)
                            && let LuaValue::Str(key) = constants[k as usize]
                        {
                            let value = table.get_str(key, &self.heap.strings);
                            if !value.is_nil() || table.meta.is_none() {
                                reg!(a) = value;
                                continue;
                            }
                        }
                        save!();
                        self.index_to(base + usize::from(a), object, constants[k as usize], 0)?;
                    }
                    Op::GetConst { a, b, k } => {
                        let object = reg!(b);
                        if let LuaValue::Table(id) = object
                            && let Some(table) = self.heap.tables.get(id.0)
                        {
                            let value = table.get(constants[k as usize], &self.heap.strings);
                            if !value.is_nil() || table.meta.is_none() {
                                reg!(a) = value;
                                continue;
                            }
                        }
                        save!();
                        self.index_to(base + usize::from(a), object, constants[k as usize], 0)?;
                    }
                    Op::SetTable { a, b, c } => {
                        let (object, key, value) = (reg!(a), reg!(b), reg!(c));
                        if let LuaValue::Table(id) = object
                            && let LuaValue::Number(n) = key
                            && let Some(table) = self.heap.tables.get_mut(id.0)
                            && table.meta.is_none()
                            && !table.read_only
                            && n as usize as f64 == n
                            && table.set_int_in_place(n as usize, value)
                        {
                            continue;
                        }
                        save!();
                        self.set_index(object, key, value, 0)?;
                        self.settle(base + registers)?;
                    }
                    Op::Add { a, b, c } => arith!(a, reg!(b), reg!(c), Add),
                    Op::Sub { a, b, c } => arith!(a, reg!(b), reg!(c), Sub),
                    Op::Mul { a, b, c } => arith!(a, reg!(b), reg!(c), Mul),
                    Op::Div { a, b, c } => arith!(a, reg!(b), reg!(c), Div),
                    Op::Mod { a, b, c } => arith!(a, reg!(b), reg!(c), Mod),
                    Op::Pow { a, b, c } => arith!(a, reg!(b), reg!(c), Pow),
                    Op::AddK { a, b, k } => arith!(a, reg!(b), constants[k as usize], Add),
                    Op::SubK { a, b, k } => arith!(a, reg!(b), constants[k as usize], Sub),
                    Op::MulK { a, b, k } => arith!(a, reg!(b), constants[k as usize], Mul),
                    Op::DivK { a, b, k } => arith!(a, reg!(b), constants[k as usize], Div),
                    Op::ModK { a, b, k } => arith!(a, reg!(b), constants[k as usize], Mod),
                    Op::PowK { a, b, k } => arith!(a, reg!(b), constants[k as usize], Pow),
                    Op::Not { a, b } => reg!(a) = LuaValue::Bool(!reg!(b).is_true()),
                    Op::Jump { off } => pc = pc.wrapping_add_signed(off as isize),
                    Op::Test { a, when, off } => {
                        if reg!(a).is_true() == when {
                            pc = pc.wrapping_add_signed(off as isize);
                        }
                    }
                    Op::TestSet { a, b, when, off } => {
                        let value = reg!(b);
                        if value.is_true() == when {
                            if a != NO_REG {
                                reg!(a) = value;
                            }
                            pc = pc.wrapping_add_signed(off as isize);
                        }
                    }
                    Op::Eq { a, b, when, off } => {
                        let (x, y) = (reg!(a), reg!(b));
                        let holds = if let (LuaValue::Table(_), LuaValue::Table(_)) = (x, y) {
                            save!();
                            self.equal(x, y)?
                        } else {
                            self.heap.strings.raw_equal(x, y)
                        };
                        if holds == when {
                            pc = pc.wrapping_add_signed(off as isize);
                        }
                    }
                    Op::EqK { a, b, when, off } => {
                        if self.heap.strings.raw_equal(reg!(a), constants[usize::from(b)]) == when {
                            pc = pc.wrapping_add_signed(off as isize);
                        }
                    }
                    Op::Lt { a, b, when, off } => {
                        let holds = self.less_op(reg!(a), reg!(b), (pc, base + registers))?;
                        jump_if!(holds, when, off);
                    }
                    Op::Le { a, b, when, off } => {
                        let holds = self.less_equal_op(reg!(a), reg!(b), (pc, base + registers))?;
                        jump_if!(holds, when, off);
                    }
                    Op::LtK { a, b, when, off } => {
                        let holds = self.less_op(reg!(a), constants[usize::from(b)], (pc, base + registers))?;
                        jump_if!(holds, when, off);
                    }
                    Op::LeK { a, b, when, off } => {
                        let holds = self.less_equal_op(reg!(a), constants[usize::from(b)], (pc, base + registers))?;
                        jump_if!(holds, when, off);
                    }
                    Op::GtK { a, b, when, off } => {
                        let holds = self.less_op(constants[usize::from(b)], reg!(a), (pc, base + registers))?;
                        jump_if!(holds, when, off);
                    }
                    Op::GeK { a, b, when, off } => {
                        let holds = self.less_equal_op(constants[usize::from(b)], reg!(a), (pc, base + registers))?;
                        jump_if!(holds, when, off);
                    }
                    Op::Call { a, b, c } => {
                        let at = base + usize::from(a);
                        let count = if b == 0 { self.thread.top - at - 1 } else { usize::from(b) - 1 };
                        if let Some(frame) = self.thread.frames.last_mut() {
                            frame.pc = pc as u32;
                        }
                        if self.begin_call(at, count, c)? {
                            continue 'frame;
                        }
                        self.settle((base + registers).max(self.thread.top))?;
                    }
                    Op::TailCall { a, b } => {
                        let at = base + usize::from(a);
                        let count = if b == 0 { self.thread.top - at - 1 } else { usize::from(b) - 1 };
                        if let Some(frame) = self.thread.frames.last_mut() {
                            frame.pc = pc as u32;
                        }
                        if self.begin_tail_call(at, count)? {
                            continue 'frame;
                        }
                        self.settle((base + registers).max(self.thread.top))?;
                    }
                    Op::Return { a, b } => {
                        let from = base + usize::from(a);
                        let count = if b == 0 { self.thread.top - from } else { usize::from(b) - 1 };
                        match self.finish_call(from, count)? {
                            Some(count) => return Ok(Next::Done(count)),
                            None => continue 'frame,
                        }
                    }
                    Op::ForPrep { a, off } => {
                        save!();
                        self.for_prepare(base + usize::from(a))?;
                        pc = pc.wrapping_add_signed(off as isize);
                    }
                    Op::ForLoop { a, off } => {
                        if let (LuaValue::Number(index), LuaValue::Number(limit), LuaValue::Number(step)) =
                            (reg!(a), reg!(a + 1), reg!(a + 2))
                        {
                            let index = index + step;
                            if if step > 0.0 { index <= limit } else { limit <= index } {
                                reg!(a) = LuaValue::Number(index);
                                reg!(a + 3) = LuaValue::Number(index);
                                pc = pc.wrapping_add_signed(off as isize);
                            }
                        }
                    }
                    Op::TForLoop { a, c, off } => {
                        save!();
                        if self.iterate(base + usize::from(a), usize::from(c))? {
                            pc = pc.wrapping_add_signed(off as isize);
                        }
                        self.settle(base + registers)?;
                    }
                    other => {
                        self.uncommon(other, &chunk.protos, constants, number, function.0, (pc, base, registers))?
                    }
                }
            }
        }
    }

    #[inline]
    pub(super) fn save(&mut self, pc: usize, top: usize) {
        if let Some(frame) = self.thread.frames.last_mut() {
            frame.pc = pc as u32;
        }
        self.thread.top = top;
    }

    #[inline]
    fn arith_op(&mut self, to: usize, op: Arith, x: LuaValue, y: LuaValue, (pc, top): (usize, usize)) -> Res<()> {
        if let (LuaValue::Number(x), LuaValue::Number(y)) = (x, y) {
            self.thread.stack[to] = LuaValue::Number(op.of(x, y));
            return Ok(());
        }
        self.save(pc, top);
        self.arith_to(to, op, x, y)
    }

    #[inline]
    pub(super) fn upvalue_number(&self, function: u32, i: u8) -> u32 {
        match self.heap.functions.get(function) {
            Some(Function::Lua { upvalues, .. }) => upvalues[usize::from(i)],
            _ => 0,
        }
    }
}
