//! Instructions whose operands are the ordinary ones, in a loop that calls nothing: it keeps what it works on in the CPU's registers.
//!
//! Invariants
//! - An instruction is done here in full, or not begun: then the loop ends in front of it, and `run` does all that the language says.
//! - Each instruction that is done was paid for; one that is left to `run` was paid for too.
//! - Work beyond the ordinary (a long comparison, a long search) ends the loop behind its instruction, so that it is charged there.
#![expect(
    clippy::indexing_slicing,
    reason = "the compiler's registers and constants are within the frame's; checked all the same"
)]

use super::arith;
use super::heap::{Function, Heap, Upvalue};
use super::lookup::{read, write};
use super::machine::Machine;
use super::op::{NO_REG, Op};
use super::thread::{Frame, Thread};
use super::units;
use super::value::LuaValue;

/// Registers that an instruction can name.
pub(super) const WINDOW: usize = 256;

/// Why the loop ended.
pub(super) enum Stop {
    /// The instruction here is paid for, and not begun.
    Op(usize),
    /// The instruction before this one has done work that is not charged yet.
    Work(usize),
    /// The instruction here cannot be paid for by this slice of the budget.
    Fuel(usize),
}

impl Machine<'_> {
    /// Runs the frame's instructions from `pc` on.
    #[inline(never)]
    pub(super) fn run_fast(&mut self, code: &[Op], constants: &[LuaValue], frame: &Frame, mut pc: usize) -> Stop {
        let base = frame.base as usize;
        self.window(base);
        let current = self.current;
        let Self { heap, thread: Thread { stack, .. }, fuel: left, .. } = self;
        let Heap { tables, strings, functions, upvalues, .. } = heap;
        let (below, registers) = stack.split_at_mut(base);
        let (Some(regs), Some(Function::Lua { upvalues: captured, env, .. })) =
            (registers.first_chunk_mut::<WINDOW>(), functions.get(frame.function.0))
        else {
            return Stop::Op(pc);
        };
        let mut fuel = *left;

        macro_rules! reg {
            ($i:expr) => {
                regs[usize::from($i)]
            };
        }
        macro_rules! jump {
            ($off:expr) => {
                pc = pc.wrapping_add_signed($off as isize)
            };
        }
        macro_rules! arith {
            ($a:expr, $x:expr, $y:expr, |$l:ident, $r:ident| $result:expr) => {{
                let (LuaValue::Number($l), LuaValue::Number($r)) = ($x, $y) else { break Stop::Op(pc - 1) };
                reg!($a) = LuaValue::Number($result);
            }};
        }
        macro_rules! compare {
            ($x:expr, $y:expr, $when:expr, $off:expr, |$l:ident, $r:ident| $result:expr) => {{
                let (LuaValue::Number($l), LuaValue::Number($r)) = ($x, $y) else { break Stop::Op(pc - 1) };
                if $result == $when {
                    jump!($off);
                }
            }};
        }
        // What an instruction takes besides its unit; behind it, if this slice of the budget has less.
        macro_rules! pay {
            ($units:expr) => {
                match fuel.checked_sub($units) {
                    Some(left) => fuel = left,
                    None => strings.spend($units),
                }
            };
        }
        macro_rules! settled {
            () => {
                if strings.work.get() > 0 {
                    break Stop::Work(pc);
                }
            };
        }

        macro_rules! get {
            ($to:expr, $object:expr, $key:expr) => {{
                let (object, key) = ($object, $key.copied());
                let Some(units) = read(tables, strings, object, key, &mut reg!($to)) else { break Stop::Op(pc - 1) };
                pay!(units);
                settled!();
            }};
        }
        macro_rules! set {
            ($object:expr, $key:expr, $value:expr) => {{
                let (object, key, value) = ($object, $key.copied(), $value.copied());
                let Some(units) = write(tables, strings, object, key, value) else { break Stop::Op(pc - 1) };
                pay!(units);
                settled!();
            }};
        }

        let stop = loop {
            let op = code[pc];
            pc += 1;
            fuel = match fuel.checked_sub(1) {
                Some(left) => left,
                None => break Stop::Fuel(pc - 1),
            };
            match op {
                Op::Move { a, b } => reg!(a) = reg!(b).copied(),
                Op::LoadK { a, k } => reg!(a) = constants[k as usize],
                Op::LoadNil { a, n } => {
                    let from = usize::from(a);
                    regs[from..from + usize::from(n)].fill(LuaValue::Nil);
                }
                Op::LoadBool { a, value, skip } => {
                    reg!(a) = LuaValue::Bool(value);
                    pc += usize::from(skip);
                }
                Op::GetUpvalue { a, i } => {
                    let value = match upvalues.get(captured[usize::from(i)]) {
                        Some(Upvalue::Closed(value)) => value.copied(),
                        Some(Upvalue::Open(thread, place)) if *thread == current => {
                            let place = *place as usize;
                            if place < base { below[place].copied() } else { regs[place - base].copied() }
                        }
                        _ => break Stop::Op(pc - 1),
                    };
                    reg!(a) = value;
                }
                Op::SetUpvalue { a, i } => {
                    let value = reg!(a);
                    match upvalues.get_mut(captured[usize::from(i)]) {
                        Some(Upvalue::Closed(place)) => *place = value,
                        Some(Upvalue::Open(thread, place)) if *thread == current => {
                            let place = *place as usize;
                            if place < base { below[place] = value } else { regs[place - base] = value }
                        }
                        _ => break Stop::Op(pc - 1),
                    }
                }
                Op::GetGlobal { a, k } => get!(a, LuaValue::Table(*env), constants[k as usize]),
                Op::GetTable { a, b, c } => {
                    // Elements without a copy of the key, which may just have been written.
                    if let (LuaValue::Table(id), LuaValue::Number(n)) = (&reg!(b), &reg!(c))
                        && let Some(table) = tables.get(id.0)
                        && let Some(value) = table.element(*n)
                        && !value.is_nil()
                    {
                        reg!(a) = *value;
                        continue;
                    }
                    get!(a, reg!(b), reg!(c));
                }
                Op::GetField { a, b, k } | Op::GetConst { a, b, k } => get!(a, reg!(b), constants[k as usize]),
                Op::SetTable { a, b, c } => set!(reg!(a), reg!(b), reg!(c)),
                Op::SetField { a, c, k } | Op::SetConst { a, c, k } => set!(reg!(a), constants[k as usize], reg!(c)),
                Op::Method { a, b, k } => {
                    let object = reg!(b);
                    let key = constants[k as usize];
                    let Some(units) = read(tables, strings, object, key, &mut reg!(a)) else { break Stop::Op(pc - 1) };
                    reg!(a + 1) = object;
                    pay!(units);
                    settled!();
                }
                Op::Add { a, b, c } => arith!(a, reg!(b), reg!(c), |x, y| x + y),
                Op::Sub { a, b, c } => arith!(a, reg!(b), reg!(c), |x, y| x - y),
                Op::Mul { a, b, c } => arith!(a, reg!(b), reg!(c), |x, y| x * y),
                Op::Div { a, b, c } => arith!(a, reg!(b), reg!(c), |x, y| x / y),
                Op::Mod { a, b, c } => arith!(a, reg!(b), reg!(c), |x, y| arith::modulo(x, y)),
                Op::AddK { a, b, k } => arith!(a, reg!(b), constants[k as usize], |x, y| x + y),
                Op::SubK { a, b, k } => arith!(a, reg!(b), constants[k as usize], |x, y| x - y),
                Op::MulK { a, b, k } => arith!(a, reg!(b), constants[k as usize], |x, y| x * y),
                Op::DivK { a, b, k } => arith!(a, reg!(b), constants[k as usize], |x, y| x / y),
                Op::ModK { a, b, k } => arith!(a, reg!(b), constants[k as usize], |x, y| arith::modulo(x, y)),
                Op::Minus { a, b } => {
                    let LuaValue::Number(x) = reg!(b) else { break Stop::Op(pc - 1) };
                    reg!(a) = LuaValue::Number(-x);
                }
                Op::Not { a, b } => reg!(a) = LuaValue::Bool(!reg!(b).is_true()),
                Op::Len { a, b } => {
                    let len = match reg!(b) {
                        LuaValue::Table(id) => tables.get(id.0).map_or(0, |table| table.len(strings)),
                        LuaValue::Str(id) => strings.len(id),
                        _ => break Stop::Op(pc - 1),
                    };
                    reg!(a) = LuaValue::Number(len as f64);
                    settled!();
                }
                Op::Jump { off } => jump!(off),
                Op::Test { a, when, off } => {
                    if reg!(a).is_true() == when {
                        jump!(off);
                    }
                }
                Op::TestSet { a, b, when, off } => {
                    let value = reg!(b);
                    if value.is_true() == when {
                        if a != NO_REG {
                            reg!(a) = value;
                        }
                        jump!(off);
                    }
                }
                Op::Eq { a, b, when, off } => {
                    let holds = match (&reg!(a), &reg!(b)) {
                        (LuaValue::Number(x), LuaValue::Number(y)) => x == y,
                        (LuaValue::Table(x), LuaValue::Table(y)) if x != y => break Stop::Op(pc - 1),
                        (LuaValue::Str(x), LuaValue::Str(y)) if x != y => {
                            pay!(units::COMPARE);
                            strings.equal(*x, *y)
                        }
                        (x, y) => strings.raw_equal(*x, *y),
                    };
                    if holds == when {
                        jump!(off);
                    }
                    settled!();
                }
                Op::EqK { a, b, when, off } => {
                    let holds = match (&reg!(a), &constants[usize::from(b)]) {
                        (LuaValue::Number(x), LuaValue::Number(y)) => x == y,
                        (LuaValue::Str(x), LuaValue::Str(y)) if x != y => {
                            pay!(units::COMPARE);
                            strings.equal(*x, *y)
                        }
                        (x, y) => strings.raw_equal(*x, *y),
                    };
                    if holds == when {
                        jump!(off);
                    }
                    settled!();
                }
                Op::Lt { a, b, when, off } => compare!(reg!(a), reg!(b), when, off, |x, y| (x < y)),
                Op::Le { a, b, when, off } => compare!(reg!(a), reg!(b), when, off, |x, y| (x <= y)),
                Op::LtK { a, b, when, off } => {
                    compare!(reg!(a), constants[usize::from(b)], when, off, |x, y| (x < y));
                }
                Op::LeK { a, b, when, off } => {
                    compare!(reg!(a), constants[usize::from(b)], when, off, |x, y| (x <= y));
                }
                Op::GtK { a, b, when, off } => {
                    compare!(reg!(a), constants[usize::from(b)], when, off, |x, y| (x > y));
                }
                Op::GeK { a, b, when, off } => {
                    compare!(reg!(a), constants[usize::from(b)], when, off, |x, y| (x >= y));
                }
                Op::ForLoop { a, off } => {
                    if let (LuaValue::Number(index), LuaValue::Number(limit), LuaValue::Number(step)) =
                        (reg!(a), reg!(a + 1), reg!(a + 2))
                    {
                        let index = index + step;
                        if if step > 0.0 { index <= limit } else { limit <= index } {
                            reg!(a) = LuaValue::Number(index);
                            reg!(a + 3) = LuaValue::Number(index);
                            jump!(off);
                        }
                    }
                }
                _ => break Stop::Op(pc - 1),
            }
        };
        *left = fuel;
        stop
    }

    /// The stack reaches as far as an instruction of the frame can name.
    #[inline]
    fn window(&mut self, base: usize) {
        let missing = (base + WINDOW).saturating_sub(self.thread.stack.len());
        if missing > 0 {
            self.grow_stack(missing);
        }
    }
}
