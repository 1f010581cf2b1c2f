//! Functions of the library as values, plain and with values of their own (`gmatch`, `coroutine.wrap`).

use super::heap::Function;
use super::machine::{Args, Machine};
use super::value::{LuaValue, NativeId};

impl Machine<'_> {
    /// A library function by its name.
    pub fn native(&self, name: &str) -> LuaValue {
        let at = self.natives.iter().position(|(known, _)| *known == name);
        at.map_or(LuaValue::Nil, |at| LuaValue::Native(NativeId(at as u16)))
    }

    /// A library function with values of its own.
    pub fn bound(&mut self, native: LuaValue, state: &[LuaValue]) -> LuaValue {
        match native {
            LuaValue::Native(id) => LuaValue::Function(self.heap.function(Function::Bound(id, state.into()))),
            other => other,
        }
    }

    /// The values of the running library function.
    pub fn state(&self, args: Args) -> Vec<LuaValue> {
        match self.thread.stack.get(args.base.wrapping_sub(1)) {
            Some(LuaValue::Function(id)) => match self.heap.functions.get(id.0) {
                Some(Function::Bound(_, values)) => values.to_vec(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Changes one of them.
    pub fn set_state(&mut self, args: Args, i: usize, value: LuaValue) {
        if let Some(LuaValue::Function(id)) = self.thread.stack.get(args.base.wrapping_sub(1))
            && let Some(Function::Bound(_, values)) = self.heap.functions.get_mut(id.0)
            && let Some(place) = values.get_mut(i)
        {
            *place = value;
        }
    }

    /// True for a library function with values of its own.
    pub(crate) fn is_bound(&self, value: LuaValue) -> bool {
        match value {
            LuaValue::Function(id) => matches!(self.heap.functions.get(id.0), Some(Function::Bound(..))),
            _ => false,
        }
    }
}
