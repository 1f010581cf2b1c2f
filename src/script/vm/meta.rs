//! What an instruction does when its operands are not the ordinary ones: metamethods (the manual's 2.8), conversions, and errors that
//! say what the operand was called.

use super::arith;
use super::machine::{Fault, Machine, Res};
use super::names;
use super::number::{number_of, number_text};
use super::op::{NO_REG, Named, Op};
use super::value::{StrId, Value};

/// Tables asked one after the other by `__index` and `__newindex`.
const CHAIN_MAX: usize = 100;

/// What making the text of a number costs at most, units.
pub(crate) const TEXT_UNITS: u64 = 40;

/// An arithmetic operation.
#[derive(Clone, Copy, Debug)]
pub enum Arith {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `^`
    Pow,
}

impl Arith {
    fn event(self) -> StrId {
        match self {
            Self::Add => names::ADD,
            Self::Sub => names::SUB,
            Self::Mul => names::MUL,
            Self::Div => names::DIV,
            Self::Mod => names::MOD,
            Self::Pow => names::POW,
        }
    }

    #[inline]
    pub(super) fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Mod => arith::modulo(a, b),
            Self::Pow => arith::power(a, b),
        }
    }
}

impl Machine<'_> {
    /// A number, or a string that is one.
    pub fn to_number(&self, value: Value) -> Option<f64> {
        match value {
            Value::Number(n) => Some(n),
            Value::Str(id) => number_of(self.bytes(id)),
            _ => None,
        }
    }

    /// The name of the running instruction's operand.
    fn operand(&self, operand: u8) -> Named {
        let Some(frame) = self.thread.frames.last() else { return Named::Not };
        let Some(chunk) = self.chunks.get(frame.chunk as usize) else { return Named::Not };
        chunk.named((frame.pc as usize).wrapping_sub(1), operand)
    }

    /// `attempt to … a nil value`
    pub(super) fn type_error(&mut self, what: &str, value: Value, named: Named) -> Fault {
        let kind = value.type_name();
        let mut text = format!("attempt to {what} ").into_bytes();
        match named.id() {
            Some(id) => {
                text.extend(format!("{} '", named.kind()).bytes());
                text.extend(self.bytes(id).iter().copied().take_while(|byte| *byte != 0));
                text.extend(format!("' (a {kind} value)").bytes());
            }
            None => text.extend(format!("a {kind} value").bytes()),
        }
        self.machine_error(&text)
    }

    /// `object[key]`
    pub(super) fn index(&mut self, object: Value, key: Value, operand: u8) -> Res<Value> {
        let mut object = object;
        for _ in 0..CHAIN_MAX {
            let handler = match object {
                Value::Table(id) => {
                    let value = self.raw_get(id, key);
                    if !value.is_nil() {
                        return Ok(value);
                    }
                    match self.metamethod(object, names::INDEX) {
                        Value::Nil => return Ok(Value::Nil),
                        handler => handler,
                    }
                }
                _ => match self.metamethod(object, names::INDEX) {
                    Value::Nil => {
                        let named = self.operand(operand);
                        return Err(self.type_error("index", object, named));
                    }
                    handler => handler,
                },
            };
            self.charge(1)?;
            if matches!(handler, Value::Function(_) | Value::Native(_)) {
                return self.call(handler, &[object, key]);
            }
            object = handler;
        }
        Err(self.machine_error(b"loop in gettable"))
    }

    /// The same for the library.
    ///
    /// # Errors
    /// What metamethods raise.
    pub fn index_value(&mut self, object: Value, key: Value) -> Res<Value> {
        self.index(object, key, NO_REG)
    }

    /// `object[key] = value`
    pub(super) fn set_index(&mut self, object: Value, key: Value, value: Value, operand: u8) -> Res<()> {
        let mut object = object;
        for _ in 0..CHAIN_MAX {
            let handler = match object {
                Value::Table(id) => {
                    let has_meta = self.heap.tables.get(id.0).is_some_and(|table| table.meta.is_some());
                    if !has_meta || !self.raw_get(id, key).is_nil() {
                        return self.raw_set(id, key, value);
                    }
                    match self.metamethod(object, names::NEWINDEX) {
                        Value::Nil => return self.raw_set(id, key, value),
                        handler => handler,
                    }
                }
                _ => match self.metamethod(object, names::NEWINDEX) {
                    Value::Nil => {
                        let named = self.operand(operand);
                        return Err(self.type_error("index", object, named));
                    }
                    handler => handler,
                },
            };
            self.charge(1)?;
            if matches!(handler, Value::Function(_) | Value::Native(_)) {
                self.call(handler, &[object, key, value])?;
                return Ok(());
            }
            object = handler;
        }
        Err(self.machine_error(b"loop in settable"))
    }

    /// Arithmetic on what is not two numbers.
    pub(super) fn arith(&mut self, op: Arith, a: Value, b: Value) -> Res<Value> {
        self.charge_number(a)?;
        self.charge_number(b)?;
        if let (Some(x), Some(y)) = (self.to_number(a), self.to_number(b)) {
            return Ok(Value::Number(op.of(x, y)));
        }
        if let Some(handler) = self.binary_handler(a, b, op.event()) {
            return self.call(handler, &[a, b]);
        }
        let (wrong, operand) = if self.to_number(a).is_none() { (a, 0) } else { (b, 1) };
        let named = self.operand(operand);
        Err(self.type_error("perform arithmetic on", wrong, named))
    }

    /// Charges for reading a value as a number.
    ///
    /// # Errors
    /// The run is over.
    pub(crate) fn charge_number(&mut self, value: Value) -> Res<()> {
        match value {
            Value::Str(id) => self.charge(super::number::reading_cost(self.bytes(id))),
            _ => Ok(()),
        }
    }

    fn binary_handler(&self, a: Value, b: Value, event: StrId) -> Option<Value> {
        [a, b].into_iter().map(|value| self.metamethod(value, event)).find(|handler| !handler.is_nil())
    }

    /// `-a`
    pub(super) fn minus(&mut self, a: Value) -> Res<Value> {
        self.charge_number(a)?;
        if let Some(x) = self.to_number(a) {
            return Ok(Value::Number(-x));
        }
        if let Some(handler) = self.binary_handler(a, a, names::UNM) {
            return self.call(handler, &[a, a]);
        }
        let named = self.operand(0);
        Err(self.type_error("perform arithmetic on", a, named))
    }

    /// `#a`
    pub(super) fn length(&mut self, a: Value) -> Res<Value> {
        match a {
            Value::Table(id) => {
                let len = self.heap.tables.get(id.0).map_or(0, |table| table.len(&self.heap.strings));
                Ok(Value::Number(len as f64))
            }
            Value::Str(id) => Ok(Value::Number(self.heap.strings.len(id) as f64)),
            _ => {
                let named = self.operand(0);
                Err(self.type_error("get length of", a, named))
            }
        }
    }

    /// `a .. … .. z`, the values of registers `first` to `last`, from the right.
    pub(super) fn concat(&mut self, base: usize, first: u8, last: u8) -> Res<Value> {
        let at =
            |machine: &Self, register: usize| machine.thread.stack.get(base + register).copied().unwrap_or_default();
        let (first, mut end) = (usize::from(first), usize::from(last));
        let mut right = at(self, end);
        while end > first {
            let is_text = |value: Value| matches!(value, Value::Str(_) | Value::Number(_));
            let left = at(self, end - 1);
            if !is_text(left) || !is_text(right) {
                right = match self.binary_handler(left, right, names::CONCAT) {
                    Some(handler) => self.call(handler, &[left, right])?,
                    None => {
                        let (wrong, register) = if is_text(left) { (right, end) } else { (left, end - 1) };
                        let named = if register == end && end != usize::from(last) {
                            Named::Not
                        } else {
                            self.operand(register as u8)
                        };
                        return Err(self.type_error("concatenate", wrong, named));
                    }
                };
                end -= 1;
                continue;
            }
            // As many as are texts, at once.
            let mut from = end - 1;
            while from > first && is_text(at(self, from - 1)) {
                from -= 1;
            }
            let mut len = 0usize;
            for register in from..=end {
                let value = if register == end { right } else { at(self, register) };
                len += match value {
                    Value::Str(id) => self.heap.strings.len(id),
                    _ => 24,
                };
            }
            self.charge_bytes(len)?;
            let numbers = (from..=end).filter(|register| matches!(at(self, *register), Value::Number(_))).count();
            self.charge(numbers as u64 * TEXT_UNITS)?;
            let mut text = Vec::with_capacity(len);
            for register in from..=end {
                match if register == end { right } else { at(self, register) } {
                    Value::Str(id) => text.extend_from_slice(self.bytes(id)),
                    Value::Number(n) => text.extend_from_slice(&number_text(n)),
                    _ => {}
                }
            }
            right = Value::Str(self.heap.owned(text));
            end = from;
        }
        Ok(right)
    }

    /// `a == b`
    pub fn equal(&mut self, a: Value, b: Value) -> Res<bool> {
        if self.heap.strings.raw_equal(a, b) {
            return Ok(true);
        }
        let (Value::Table(_), Value::Table(_)) = (a, b) else { return Ok(false) };
        let (left, right) = (self.metamethod(a, names::EQ), self.metamethod(b, names::EQ));
        if left.is_nil() || !self.heap.strings.raw_equal(left, right) {
            return Ok(false);
        }
        Ok(self.call(left, &[a, b])?.is_true())
    }

    /// `a < b`
    pub fn less(&mut self, a: Value, b: Value) -> Res<bool> {
        match (a, b) {
            (Value::Number(x), Value::Number(y)) => Ok(x < y),
            (Value::Str(x), Value::Str(y)) => {
                self.charge(self.heap.strings.len(x).min(self.heap.strings.len(y)) as u64 / 64)?;
                Ok(self.bytes(x) < self.bytes(y))
            }
            _ => match self.order_handler(a, b, names::LT) {
                Some(handler) => Ok(self.call(handler, &[a, b])?.is_true()),
                None => Err(self.order_error(a, b)),
            },
        }
    }

    /// `a <= b`
    pub fn less_equal(&mut self, a: Value, b: Value) -> Res<bool> {
        match (a, b) {
            (Value::Number(x), Value::Number(y)) => Ok(x <= y),
            (Value::Str(x), Value::Str(y)) => {
                self.charge(self.heap.strings.len(x).min(self.heap.strings.len(y)) as u64 / 64)?;
                Ok(self.bytes(x) <= self.bytes(y))
            }
            _ => {
                if let Some(handler) = self.order_handler(a, b, names::LE) {
                    return Ok(self.call(handler, &[a, b])?.is_true());
                }
                match self.order_handler(b, a, names::LT) {
                    Some(handler) => Ok(!self.call(handler, &[b, a])?.is_true()),
                    None => Err(self.order_error(a, b)),
                }
            }
        }
    }

    /// Both have the same handler, as Lua 5.1 asks of comparisons.
    fn order_handler(&self, a: Value, b: Value, event: StrId) -> Option<Value> {
        if std::mem::discriminant(&a) != std::mem::discriminant(&b) {
            return None;
        }
        let left = self.metamethod(a, event);
        let right = self.metamethod(b, event);
        (!left.is_nil() && self.heap.strings.raw_equal(left, right)).then_some(left)
    }

    fn order_error(&mut self, a: Value, b: Value) -> Fault {
        let (a, b) = (a.type_name(), b.type_name());
        let text = if a == b {
            format!("attempt to compare two {a} values")
        } else {
            format!("attempt to compare {a} with {b}")
        };
        self.machine_error(text.as_bytes())
    }

    /// Makes what stands at `at` callable by its `__call`, which takes it as the first argument.
    pub(super) fn callable(&mut self, at: usize, count: usize, named: Named) -> Res<()> {
        let value = self.thread.stack.get(at).copied().unwrap_or_default();
        let handler = self.metamethod(value, names::CALL);
        if !matches!(handler, Value::Function(_) | Value::Native(_)) {
            return Err(self.type_error("call", value, named));
        }
        self.reserve(at + count + 10)?;
        self.thread.stack.copy_within(at..at + 1 + count, at + 1);
        if let Some(place) = self.thread.stack.get_mut(at) {
            *place = handler;
        }
        Ok(())
    }

    /// What the function of the running call instruction was called.
    pub(super) fn called(&self) -> Named {
        let Some(frame) = self.thread.frames.last() else { return Named::Not };
        let at = (frame.pc as usize).wrapping_sub(1);
        match self.chunks.get(frame.chunk as usize).and_then(|chunk| chunk.code.get(at)) {
            Some(Op::Call { .. } | Op::TailCall { .. }) => self.operand(0),
            _ => Named::Not,
        }
    }

    /// The text of a string or a number.
    pub fn text_of(&self, value: Value) -> Option<std::borrow::Cow<'_, [u8]>> {
        match value {
            Value::Str(id) => Some(self.bytes(id).into()),
            Value::Number(n) => Some(number_text(n).into()),
            _ => None,
        }
    }
}
