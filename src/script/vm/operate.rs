//! Arithmetic, `#` and `..`, with conversions and metamethods where the operands are not the ordinary ones.

use super::arith;
use super::chunk::Named;
use super::machine::{Machine, Res};
use super::names;
use super::number::{number_of, number_text, reading_cost};
use super::units;
use super::value::{LuaValue, StrId};

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
    pub fn to_number(&self, value: LuaValue) -> Option<f64> {
        match value {
            LuaValue::Number(n) => Some(n),
            LuaValue::Str(id) => number_of(self.bytes(id)),
            _ => None,
        }
    }

    /// The text of a string or a number.
    pub fn text_of(&self, value: LuaValue) -> Option<std::borrow::Cow<'_, [u8]>> {
        match value {
            LuaValue::Str(id) => Some(self.bytes(id).into()),
            LuaValue::Number(n) => Some(number_text(n).into()),
            _ => None,
        }
    }

    /// Charges for reading a value as a number.
    ///
    /// # Errors
    /// The run is over.
    pub(crate) fn charge_number(&mut self, value: LuaValue) -> Res<()> {
        match value {
            LuaValue::Str(id) => self.charge(reading_cost(self.bytes(id))),
            _ => Ok(()),
        }
    }

    /// Arithmetic on what is not two numbers.
    pub(super) fn arith(&mut self, op: Arith, a: LuaValue, b: LuaValue) -> Res<LuaValue> {
        self.charge_number(a)?;
        self.charge_number(b)?;
        if let (Some(x), Some(y)) = (self.to_number(a), self.to_number(b)) {
            return Ok(LuaValue::Number(op.of(x, y)));
        }
        if let Some(handler) = self.binary_handler(a, b, op.event()) {
            return self.call(handler, &[a, b]);
        }
        let (wrong, operand) = if self.to_number(a).is_none() { (a, 0) } else { (b, 1) };
        let named = self.operand(operand);
        Err(self.type_error("perform arithmetic on", wrong, named))
    }

    /// `-a`
    pub(super) fn minus(&mut self, a: LuaValue) -> Res<LuaValue> {
        self.charge_number(a)?;
        if let Some(x) = self.to_number(a) {
            return Ok(LuaValue::Number(-x));
        }
        if let Some(handler) = self.binary_handler(a, a, names::UNM) {
            return self.call(handler, &[a, a]);
        }
        let named = self.operand(0);
        Err(self.type_error("perform arithmetic on", a, named))
    }

    /// `#a`
    pub(super) fn length(&mut self, a: LuaValue) -> Res<LuaValue> {
        match a {
            LuaValue::Table(id) => {
                let len = self.heap.tables.get(id.0).map_or(0, |table| table.len(&self.heap.strings));
                Ok(LuaValue::Number(len as f64))
            }
            LuaValue::Str(id) => Ok(LuaValue::Number(self.heap.strings.len(id) as f64)),
            _ => {
                let named = self.operand(0);
                Err(self.type_error("get length of", a, named))
            }
        }
    }

    /// `a .. … .. z`, the values of registers `first` to `last`, from the right.
    pub(super) fn concat(&mut self, base: usize, first: u8, last: u8) -> Res<LuaValue> {
        let at =
            |machine: &Self, register: usize| machine.thread.stack.get(base + register).copied().unwrap_or_default();
        let (first, mut end) = (usize::from(first), usize::from(last));
        let mut right = at(self, end);
        while end > first {
            let is_text = |value: LuaValue| matches!(value, LuaValue::Str(_) | LuaValue::Number(_));
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
                    LuaValue::Str(id) => self.heap.strings.len(id),
                    _ => 24,
                };
            }
            self.charge_bytes(len)?;
            let numbers = (from..=end).filter(|register| matches!(at(self, *register), LuaValue::Number(_))).count();
            self.charge(numbers as u64 * units::TEXT)?;
            let mut text = Vec::with_capacity(len);
            for register in from..=end {
                match if register == end { right } else { at(self, register) } {
                    LuaValue::Str(id) => text.extend_from_slice(self.bytes(id)),
                    LuaValue::Number(n) => text.extend_from_slice(&number_text(n)),
                    _ => {}
                }
            }
            right = LuaValue::Str(self.heap.owned(text));
            end = from;
        }
        Ok(right)
    }
}
