//! Arguments of a library function, checked as Lua's auxiliary library does, with its texts.

use mlua::{Lua, LuaString, MultiValue, Table, Value};

use super::printf::to_i64;
use super::raise::{bad_argument, type_name};

/// The arguments of one call.
pub struct Params<'l> {
    lua: &'l Lua,
    values: Vec<Value>,
}

impl<'l> Params<'l> {
    /// Wraps the arguments.
    pub fn new(lua: &'l Lua, values: MultiValue) -> Self {
        Self { lua, values: values.into_iter().collect() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Argument `n`, counted from 1; nil if there is none.
    pub fn value(&self, n: usize) -> Value {
        self.values.get(n - 1).cloned().unwrap_or(Value::Nil)
    }

    /// All of them.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// True for nil and for nothing.
    pub fn is_none_or_nil(&self, n: usize) -> bool {
        self.values.get(n - 1).is_none_or(Value::is_nil)
    }

    /// `bad argument #n to 'function' (what)`
    pub fn bad(&self, n: usize, what: &str) -> mlua::Error {
        bad_argument(self.lua, n, what)
    }

    fn expected(&self, n: usize, kind: &str) -> mlua::Error {
        let got = self.values.get(n - 1).map_or("no value", type_name);
        self.bad(n, &format!("{kind} expected, got {got}"))
    }

    /// Anything, but something.
    ///
    /// # Errors
    /// Nothing was given.
    pub fn any(&self, n: usize) -> mlua::Result<Value> {
        self.values.get(n - 1).cloned().ok_or_else(|| self.bad(n, "value expected"))
    }

    /// A table.
    ///
    /// # Errors
    /// It is none.
    pub fn table(&self, n: usize) -> mlua::Result<Table> {
        match self.values.get(n - 1) {
            Some(Value::Table(table)) => Ok(table.clone()),
            _ => Err(self.expected(n, "table")),
        }
    }

    /// A number, or a string that reads as one.
    ///
    /// # Errors
    /// It is neither.
    pub fn number(&self, n: usize) -> mlua::Result<f64> {
        match self.values.get(n - 1) {
            Some(Value::Integer(value)) => Ok(*value as f64),
            Some(Value::Number(value)) => Ok(*value),
            Some(value @ Value::String(_)) => {
                self.lua.coerce_number(value.clone())?.ok_or_else(|| self.expected(n, "number"))
            }
            _ => Err(self.expected(n, "number")),
        }
    }

    /// A number cut to an integer.
    ///
    /// # Errors
    /// It is no number.
    pub fn integer(&self, n: usize) -> mlua::Result<i64> {
        self.number(n).map(to_i64)
    }

    /// The same, or `default`.
    ///
    /// # Errors
    /// It is something else than a number.
    pub fn integer_or(&self, n: usize, default: i64) -> mlua::Result<i64> {
        if self.is_none_or_nil(n) { Ok(default) } else { self.integer(n) }
    }

    /// A string, or a number as one.
    ///
    /// # Errors
    /// It is neither.
    pub fn string(&self, n: usize) -> mlua::Result<LuaString> {
        match self.values.get(n - 1) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value @ (Value::Integer(_) | Value::Number(_))) => {
                self.lua.coerce_string(value.clone())?.ok_or_else(|| self.expected(n, "string"))
            }
            _ => Err(self.expected(n, "string")),
        }
    }
}
