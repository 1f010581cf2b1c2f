//! Comparisons, of numbers at once, of others by their bytes or metamethods.

use super::machine::{Fault, Machine, Res};
use super::names;
use super::units;
use super::value::{LuaValue, StrId};

impl Machine<'_> {
    /// `a == b`
    pub fn equal(&mut self, a: LuaValue, b: LuaValue) -> Res<bool> {
        if self.heap.strings.raw_equal(a, b) {
            return Ok(true);
        }
        let (LuaValue::Table(_), LuaValue::Table(_)) = (a, b) else { return Ok(false) };
        let (left, right) = (self.metamethod(a, names::EQ), self.metamethod(b, names::EQ));
        if left.is_nil() || !self.heap.strings.raw_equal(left, right) {
            return Ok(false);
        }
        Ok(self.call(left, &[a, b])?.is_true())
    }

    /// `a < b`
    pub fn less(&mut self, a: LuaValue, b: LuaValue) -> Res<bool> {
        match (a, b) {
            (LuaValue::Number(x), LuaValue::Number(y)) => Ok(x < y),
            (LuaValue::Str(x), LuaValue::Str(y)) => {
                self.charge_comparison(x, y)?;
                Ok(self.bytes(x) < self.bytes(y))
            }
            _ => match self.order_handler(a, b, names::LT) {
                Some(handler) => Ok(self.call(handler, &[a, b])?.is_true()),
                None => Err(self.order_error(a, b)),
            },
        }
    }

    /// `a <= b`
    pub(super) fn less_equal(&mut self, a: LuaValue, b: LuaValue) -> Res<bool> {
        match (a, b) {
            (LuaValue::Number(x), LuaValue::Number(y)) => Ok(x <= y),
            (LuaValue::Str(x), LuaValue::Str(y)) => {
                self.charge_comparison(x, y)?;
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

    fn charge_comparison(&mut self, a: StrId, b: StrId) -> Res<()> {
        let len = self.heap.strings.len(a).min(self.heap.strings.len(b));
        self.charge(units::COMPARE + len as u64 / 64)
    }

    fn order_error(&mut self, a: LuaValue, b: LuaValue) -> Fault {
        let (a, b) = (a.type_name(), b.type_name());
        let text = if a == b {
            format!("attempt to compare two {a} values")
        } else {
            format!("attempt to compare {a} with {b}")
        };
        self.machine_error(text.as_bytes())
    }
}
