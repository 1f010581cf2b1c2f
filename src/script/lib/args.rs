//! Arguments of library functions, with Lua's texts for wrong ones.

use crate::script::vm::chunk::Named;
use crate::script::vm::machine::{Args, Fault, Machine, Res};
use crate::script::vm::number::number_text;
use crate::script::vm::units;
use crate::script::vm::value::{LuaValue, StrId, TableId};

impl Machine<'_> {
    /// Argument `i`, from 1; nil if there are fewer.
    #[inline]
    pub fn arg(&self, args: Args, i: usize) -> LuaValue {
        if i > args.count {
            LuaValue::Nil
        } else {
            self.thread.stack.get(args.base + i - 1).copied().unwrap_or_default()
        }
    }

    /// One result.
    #[inline]
    pub fn give(&mut self, args: Args, value: LuaValue) -> usize {
        if let Some(place) = self.thread.stack.get_mut(args.base) {
            *place = value;
        }
        1
    }

    /// Several results.
    ///
    /// # Errors
    /// There are too many.
    pub fn give_all(&mut self, args: Args, values: &[LuaValue]) -> Res<usize> {
        self.reserve(args.base + values.len() + 8)?;
        for (place, value) in self.thread.stack.iter_mut().skip(args.base).zip(values) {
            *place = *value;
        }
        Ok(values.len())
    }

    /// `bad argument #i to 'name' (text)`
    pub fn bad_argument(&mut self, i: usize, text: &str) -> Fault {
        self.bad_argument_bytes(i, text.as_bytes())
    }

    /// The same, of bytes.
    pub fn bad_argument_bytes(&mut self, i: usize, text: &[u8]) -> Fault {
        let named = self.called_as();
        let name = named.id().map_or_else(|| "?".to_owned(), |id| String::from_utf8_lossy(self.bytes(id)).into_owned());
        let start = match named {
            Named::Method(_) if i == 1 => format!("calling '{name}' on bad self ("),
            Named::Method(_) => format!("bad argument #{} to '{name}' (", i.saturating_sub(1)),
            _ => format!("bad argument #{i} to '{name}' ("),
        };
        self.error_at(1, &[start.as_bytes(), text, b")"].concat())
    }

    /// `bad argument #i to 'name' (expected expected, got …)`
    pub fn wrong_type(&mut self, args: Args, i: usize, expected: &str) -> Fault {
        let got = if i > args.count { "no value" } else { self.arg(args, i).type_name() };
        self.bad_argument(i, &format!("{expected} expected, got {got}"))
    }

    /// A number, or a string that is one.
    ///
    /// # Errors
    /// It is neither.
    #[inline]
    pub fn number_arg(&mut self, args: Args, i: usize) -> Res<f64> {
        match self.arg(args, i) {
            LuaValue::Number(n) => Ok(n),
            other => {
                self.charge_number(other)?;
                self.to_number(other).ok_or_else(|| self.wrong_type(args, i, "number"))
            }
        }
    }

    /// A number cut to a whole one, as C's cast on x86-64.
    ///
    /// # Errors
    /// It is no number.
    pub fn int_arg(&mut self, args: Args, i: usize) -> Res<i64> {
        self.number_arg(args, i).map(crate::script::vm::printf::to_i64)
    }

    /// The same cut to 32 bits, where Lua 5.1 has an `int`.
    ///
    /// # Errors
    /// It is no number.
    pub fn int32_arg(&mut self, args: Args, i: usize) -> Res<i64> {
        self.int_arg(args, i).map(|value| i64::from(value as i32))
    }

    /// The same with a default.
    ///
    /// # Errors
    /// It is no number.
    pub fn int32_or(&mut self, args: Args, i: usize, default: i64) -> Res<i64> {
        if self.arg(args, i).is_nil() { Ok(default) } else { self.int32_arg(args, i) }
    }

    /// [`Self::int_arg`] with a default.
    ///
    /// # Errors
    /// It is no number.
    pub fn int_or(&mut self, args: Args, i: usize, default: i64) -> Res<i64> {
        if self.arg(args, i).is_nil() { Ok(default) } else { self.int_arg(args, i) }
    }

    /// A string, or the text of a number.
    ///
    /// # Errors
    /// It is neither.
    pub fn string_arg(&mut self, args: Args, i: usize) -> Res<StrId> {
        match self.arg(args, i) {
            LuaValue::Str(id) => Ok(id),
            LuaValue::Number(n) => {
                self.charge(units::TEXT)?;
                let id = self.heap.string(&number_text(n));
                // As Lua does: the argument itself becomes a string, and so lives as long as the call.
                if let Some(place) = self.thread.stack.get_mut(args.base + i - 1) {
                    *place = LuaValue::Str(id);
                }
                Ok(id)
            }
            _ => Err(self.wrong_type(args, i, "string")),
        }
    }

    /// A table.
    ///
    /// # Errors
    /// It is none.
    pub fn table_arg(&mut self, args: Args, i: usize) -> Res<TableId> {
        match self.arg(args, i) {
            LuaValue::Table(id) => Ok(id),
            _ => Err(self.wrong_type(args, i, "table")),
        }
    }

    /// A function.
    ///
    /// # Errors
    /// It is none.
    pub fn function_arg(&mut self, args: Args, i: usize) -> Res<LuaValue> {
        match self.arg(args, i) {
            value @ (LuaValue::Function(_) | LuaValue::Native(_)) => Ok(value),
            _ => Err(self.wrong_type(args, i, "function")),
        }
    }

    /// Anything, if it was given.
    ///
    /// # Errors
    /// It was not.
    pub fn any_arg(&mut self, args: Args, i: usize) -> Res<LuaValue> {
        if i > args.count {
            return Err(self.bad_argument(i, "value expected"));
        }
        Ok(self.arg(args, i))
    }
}
