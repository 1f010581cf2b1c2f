//! The loop that runs instructions.
#![expect(
    clippy::indexing_slicing,
    reason = "the compiler's registers and constants are within the frame's; checked all the same"
)]

use std::sync::Arc;

use super::heap::Function;
use super::machine::{Caller, End, Fault, Machine, Res};
use super::meta::Arith;
use super::op::{Capture, NO_REG, Op, Proto};
use super::table::Table;
use super::value::Value;

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
    fn run_chunk(&mut self, chunk: &Arc<super::op::Chunk>, number: u32) -> Res<Next> {
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
                self.fuel = match self.fuel.checked_sub(1) {
                    Some(left) => left,
                    None => return Err(Fault::Ended(End::Budget)),
                };
                match op {
                    Op::Move { a, b } => reg!(a) = reg!(b),
                    Op::LoadK { a, k } => reg!(a) = constants[k as usize],
                    Op::LoadNil { a, n } => {
                        let from = base + usize::from(a);
                        self.thread.stack[from..from + usize::from(n)].fill(Value::Nil);
                    }
                    Op::LoadBool { a, value, skip } => {
                        reg!(a) = Value::Bool(value);
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
                            (Some(table), Value::Str(id)) => table.get_str(id, &self.heap.strings),
                            _ => Value::Nil,
                        };
                        if found.is_nil() && table.is_some_and(|table| table.meta.is_some()) {
                            save!();
                            self.index_to(base + usize::from(a), Value::Table(env), key, NO_REG)?;
                        } else {
                            reg!(a) = found;
                        }
                    }
                    Op::GetTable { a, b, c } => {
                        let (object, key) = (reg!(b), reg!(c));
                        if let Value::Table(id) = object
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
                        if let Value::Table(id) = object
                            && let Some(table) = self.heap.tables.get(id.0)
                            && let Value::Str(key) = constants[k as usize]
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
                        if let Value::Table(id) = object
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
                        if let Value::Table(id) = object
                            && let Value::Number(n) = key
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
                    Op::Not { a, b } => reg!(a) = Value::Bool(!reg!(b).is_true()),
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
                        let holds = if let (Value::Table(_), Value::Table(_)) = (x, y) {
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
                        if let (Value::Number(index), Value::Number(limit), Value::Number(step)) =
                            (reg!(a), reg!(a + 1), reg!(a + 2))
                        {
                            let index = index + step;
                            if if step > 0.0 { index <= limit } else { limit <= index } {
                                reg!(a) = Value::Number(index);
                                reg!(a + 3) = Value::Number(index);
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

    /// Instructions that are a call into the heap or the library anyway: apart from the loop, so that its own frame stays small.
    #[inline]
    fn uncommon(
        &mut self,
        op: Op,
        protos: &[Proto],
        constants: &[Value],
        number: u32,
        function: u32,
        (pc, base, registers): (usize, usize, usize),
    ) -> Res<()> {
        macro_rules! reg {
            ($i:expr) => {
                self.thread.stack[base + usize::from($i)]
            };
        }
        let top = self.thread.top;
        self.save(pc, base + registers);
        match op {
            Op::SetGlobal { a, k } => {
                let Some(Function::Lua { env, .. }) = self.heap.functions.get(function) else { return Ok(()) };
                let (env, value) = (*env, reg!(a));
                self.set_index(Value::Table(env), constants[k as usize], value, NO_REG)?;
            }
            Op::SetField { a, c, k } | Op::SetConst { a, c, k } => {
                let (object, value) = (reg!(a), reg!(c));
                self.set_index(object, constants[k as usize], value, 0)?;
                self.settle(base + registers)?;
            }
            Op::Method { a, b, k } => {
                let object = reg!(b);
                let value = self.index(object, constants[k as usize], 0)?;
                reg!(a + 1) = object;
                reg!(a) = value;
            }
            Op::NewTable { a, array, fields } => {
                let table = self.heap.table(Table::sized(usize::from(array), usize::from(fields)));
                self.charge(u64::from(array) / 4 + u64::from(fields) / 2 + 2)?;
                reg!(a) = Value::Table(table);
                self.settle(base + registers)?;
            }
            Op::SetList { a, n, start } => {
                let from = base + usize::from(a) + 1;
                let count = if n == 0 { top - from } else { usize::from(n) };
                self.set_list(base + usize::from(a), from, count, start as usize)?;
                self.settle(base + registers)?;
            }
            Op::Minus { a, b } => {
                if let Value::Number(x) = reg!(b) {
                    reg!(a) = Value::Number(-x);
                } else {
                    let value = reg!(b);
                    let value = self.minus(value)?;
                    reg!(a) = value;
                }
            }
            Op::Len { a, b } => {
                let value = reg!(b);
                let value = self.length(value)?;
                reg!(a) = value;
            }
            Op::Concat { a, b, c } => {
                let value = self.concat(base, b, c)?;
                reg!(a) = value;
                self.settle(base + registers)?;
            }
            Op::Close { a } => self.close_upvalues((base + usize::from(a)) as u32),
            Op::Closure { a, p } => {
                let closure = self.close_over(function, base, number, p, &protos[p as usize].captures)?;
                reg!(a) = closure;
                self.settle(base + registers)?;
            }
            Op::Vararg { a, b } => self.extra_arguments(base, base + usize::from(a), b)?,
            _ => {}
        }
        Ok(())
    }

    #[inline]
    fn save(&mut self, pc: usize, top: usize) {
        if let Some(frame) = self.thread.frames.last_mut() {
            frame.pc = pc as u32;
        }
        self.thread.top = top;
    }

    #[inline]
    fn arith_op(&mut self, to: usize, op: Arith, x: Value, y: Value, (pc, top): (usize, usize)) -> Res<()> {
        if let (Value::Number(x), Value::Number(y)) = (x, y) {
            self.thread.stack[to] = Value::Number(op.of(x, y));
            return Ok(());
        }
        self.save(pc, top);
        self.arith_to(to, op, x, y)
    }

    #[inline]
    fn less_op(&mut self, x: Value, y: Value, (pc, top): (usize, usize)) -> Res<bool> {
        if let (Value::Number(x), Value::Number(y)) = (x, y) {
            return Ok(x < y);
        }
        self.save(pc, top);
        self.less(x, y)
    }

    #[inline]
    fn less_equal_op(&mut self, x: Value, y: Value, (pc, top): (usize, usize)) -> Res<bool> {
        if let (Value::Number(x), Value::Number(y)) = (x, y) {
            return Ok(x <= y);
        }
        self.save(pc, top);
        self.less_equal(x, y)
    }

    fn arith_to(&mut self, to: usize, op: Arith, x: Value, y: Value) -> Res<()> {
        let value = self.arith(op, x, y)?;
        self.thread.stack[to] = value;
        Ok(())
    }

    fn index_to(&mut self, to: usize, object: Value, key: Value, operand: u8) -> Res<()> {
        let value = self.index(object, key, operand)?;
        self.thread.stack[to] = value;
        Ok(())
    }

    /// One round of a generic loop, whose iterator, state and variable are at `at`: false at its end.
    fn iterate(&mut self, at: usize, wanted: usize) -> Res<bool> {
        self.thread.stack.copy_within(at..at + 3, at + 3);
        let to = at + 3;
        self.thread.top = to + 3;
        let given = self.call_at(to, 2)?;
        for i in given..wanted {
            self.thread.stack[to + i] = Value::Nil;
        }
        let first = self.thread.stack[to];
        if !first.is_nil() {
            self.thread.stack[at + 2] = first;
        }
        Ok(!first.is_nil())
    }

    fn close_over(&mut self, function: u32, base: usize, chunk: u32, proto: u32, captures: &[Capture]) -> Res<Value> {
        self.charge(captures.len() as u64 + 2)?;
        let upvalues = captures
            .iter()
            .map(|capture| match capture {
                Capture::Register(register) => self.find_upvalue((base + usize::from(*register)) as u32),
                Capture::Upvalue(i) => self.upvalue_number(function, *i),
            })
            .collect();
        let Some(Function::Lua { env, .. }) = self.heap.functions.get(function) else { return Ok(Value::Nil) };
        let env = *env;
        Ok(Value::Function(self.heap.function(Function::Lua { chunk, proto, upvalues, env })))
    }

    /// `...` of the last frame goes to `at`: as many as are `wanted`, less one, or all.
    fn extra_arguments(&mut self, base: usize, at: usize, wanted: u8) -> Res<()> {
        let extra = self.thread.frames.last().map_or(0, |frame| frame.extra) as usize;
        let count = if wanted == 0 { extra } else { usize::from(wanted) - 1 };
        self.charge(count as u64 / 4)?;
        self.reserve(at + count + 8)?;
        for i in 0..count {
            self.thread.stack[at + i] = if i < extra { self.thread.stack[base - extra + i] } else { Value::Nil };
        }
        if wanted == 0 {
            self.thread.top = at + count;
        }
        Ok(())
    }

    #[inline]
    fn upvalue_number(&self, function: u32, i: u8) -> u32 {
        match self.heap.functions.get(function) {
            Some(Function::Lua { upvalues, .. }) => upvalues[usize::from(i)],
            _ => 0,
        }
    }

    /// Calls what stands at `at`: true if a frame was begun, false if the results are there already.
    fn begin_call(&mut self, at: usize, count: usize, wanted: u8) -> Res<bool> {
        let (mut count, mut is_known) = (count, false);
        loop {
            match self.thread.stack[at] {
                Value::Function(id) => match self.heap.functions.get(id.0) {
                    Some(Function::Bound(native, _)) => {
                        let native = *native;
                        let given = self.call_native(native, at + 1, count, Caller::Code)?;
                        self.results(at + 1, given, at, wanted);
                        return Ok(false);
                    }
                    _ => {
                        self.charge(count as u64 / 4)?;
                        self.push_frame(id, at, count, wanted, false)?;
                        return Ok(true);
                    }
                },
                Value::Native(native) => {
                    let given = self.call_native(native, at + 1, count, Caller::Code)?;
                    self.results(at + 1, given, at, wanted);
                    return Ok(false);
                }
                _ => {
                    let named = if is_known { super::op::Named::Not } else { self.called() };
                    self.callable(at, count, named)?;
                    is_known = true;
                    count += 1;
                }
            }
        }
    }

    fn begin_tail_call(&mut self, at: usize, count: usize) -> Res<bool> {
        let is_lua = |machine: &Self| match machine.thread.stack[at] {
            Value::Function(id) => matches!(machine.heap.functions.get(id.0), Some(Function::Lua { .. })),
            _ => false,
        };
        let mut count = count;
        if !matches!(self.thread.stack[at], Value::Function(_) | Value::Native(_)) {
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
        if let Value::Function(id) = self.thread.stack[to] {
            self.charge(count as u64 / 4)?;
            self.push_frame(id, to, count, frame.wanted, frame.is_entry)?;
            if let Some(last) = self.thread.frames.last_mut() {
                last.tail_calls = frame.tail_calls.saturating_add(1);
            }
        }
        Ok(true)
    }

    /// Results go where they are wanted.
    #[inline]
    fn results(&mut self, from: usize, given: usize, to: usize, wanted: u8) {
        if wanted == 0 {
            self.thread.stack.copy_within(from..from + given, to);
            self.thread.top = to + given;
            return;
        }
        let wanted = usize::from(wanted) - 1;
        if wanted == 1 {
            self.thread.stack[to] = if given == 0 { Value::Nil } else { self.thread.stack[from] };
            return;
        }
        let kept = given.min(wanted);
        self.thread.stack.copy_within(from..from + kept, to);
        self.thread.stack[to + kept..to + wanted].fill(Value::Nil);
    }

    /// Ends the last frame: the number of results if the loop is to end with it.
    #[inline]
    fn finish_call(&mut self, from: usize, count: usize) -> Res<Option<usize>> {
        let Some(frame) = self.thread.frames.pop() else { return Ok(Some(0)) };
        if !self.thread.open.is_empty() {
            self.close_upvalues(frame.base);
        }
        let to = frame.result as usize;
        if frame.is_entry {
            self.thread.stack.copy_within(from..from + count, to);
            return Ok(Some(count));
        }
        self.charge(count as u64 / 4)?;
        self.results(from, count, to, frame.wanted);
        Ok(None)
    }

    fn for_prepare(&mut self, at: usize) -> Res<()> {
        for (i, what) in ["initial value", "limit", "step"].into_iter().enumerate() {
            self.charge_number(self.thread.stack[at + i])?;
            match self.to_number(self.thread.stack[at + i]) {
                Some(n) => self.thread.stack[at + i] = Value::Number(n),
                None => return Err(self.error(&format!("'for' {what} must be a number"))),
            }
        }
        if let (Value::Number(first), Value::Number(step)) = (self.thread.stack[at], self.thread.stack[at + 2]) {
            self.thread.stack[at] = Value::Number(first - step);
        }
        Ok(())
    }

    fn set_list(&mut self, table: usize, from: usize, count: usize, start: usize) -> Res<()> {
        let Value::Table(id) = self.thread.stack[table] else { return Ok(()) };
        self.charge(count as u64 / 4)?;
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

    /// Begins or goes on with the thread that is now the running one: how many results it has from its first place on.
    pub(crate) fn go_on(&mut self, values: &[Value]) -> Res<usize> {
        let caller = std::mem::replace(&mut self.caller, Caller::None);
        let result = self.go_on_inner(values);
        self.caller = caller;
        result
    }

    fn go_on_inner(&mut self, values: &[Value]) -> Res<usize> {
        let at = self.thread.top;
        self.reserve(at + values.len() + 8)?;
        self.thread.stack[at..at + values.len()].copy_from_slice(values);
        let Some(frame) = self.thread.frames.last().copied() else {
            self.thread.top = at + values.len();
            if let Value::Function(id) = self.thread.stack[0] {
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

    /// Closes all variables of the running thread.
    pub(crate) fn close_all(&mut self) {
        self.close_upvalues(0);
    }

    /// True for the thread that the run began with.
    pub(crate) fn is_main(&self) -> bool {
        self.current.0 == 0
    }

    /// True if an instruction has called the running library function.
    pub(crate) fn is_called_by_code(&self) -> bool {
        self.caller == Caller::Code
    }

    /// True for a library function with values of its own.
    pub(crate) fn is_bound(&self, value: Value) -> bool {
        match value {
            Value::Function(id) => matches!(self.heap.functions.get(id.0), Some(Function::Bound(..))),
            _ => false,
        }
    }
}
