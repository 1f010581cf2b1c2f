//! Functions of the library as values, plain and with values of their own (`gmatch`, `coroutine.wrap`).

use super::heap::Function;
use super::machine::{Args, Machine};
use super::value::{NativeId, Value};

impl Machine<'_> {
    /// A library function by its name.
    pub fn native(&self, name: &str) -> Value {
        let at = self.natives.iter().position(|(known, _)| *known == name);
        at.map_or(Value::Nil, |at| Value::Native(NativeId(at as u16)))
    }

    /// A library function with values of its own.
    pub fn bound(&mut self, native: Value, state: &[Value]) -> Value {
        match native {
            Value::Native(id) => Value::Function(self.heap.function(Function::Bound(id, state.into()))),
            other => other,
        }
    }

    /// The values of the running library function.
    pub fn state(&self, args: Args) -> Vec<Value> {
        match self.thread.stack.get(args.base.wrapping_sub(1)) {
            Some(Value::Function(id)) => match self.heap.functions.get(id.0) {
                Some(Function::Bound(_, values)) => values.to_vec(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Changes one of them.
    pub fn set_state(&mut self, args: Args, i: usize, value: Value) {
        if let Some(Value::Function(id)) = self.thread.stack.get(args.base.wrapping_sub(1))
            && let Some(Function::Bound(_, values)) = self.heap.functions.get_mut(id.0)
            && let Some(place) = values.get_mut(i)
        {
            *place = value;
        }
    }

    /// True for a library function with values of its own.
    pub(crate) fn is_bound(&self, value: Value) -> bool {
        match value {
            Value::Function(id) => matches!(self.heap.functions.get(id.0), Some(Function::Bound(..))),
            _ => false,
        }
    }
}
