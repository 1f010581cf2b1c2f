//! Which metamethods a value has (the manual's 2.8).

use super::machine::Machine;
use super::value::{LuaValue, StrId, TableId};

impl<'h> Machine<'h> {
    /// The metatable of a value.
    pub fn metatable(&self, value: LuaValue) -> Option<TableId> {
        match value {
            LuaValue::Table(id) => self.heap.tables.get(id.0)?.meta,
            LuaValue::Str(_) => self.string_meta,
            _ => None,
        }
    }

    /// A metamethod of a value.
    pub fn metamethod(&self, value: LuaValue, name: StrId) -> LuaValue {
        match self.metatable(value) {
            Some(meta) => {
                self.heap.tables.get(meta.0).map_or(LuaValue::Nil, |meta| meta.get_str(name, &self.heap.strings))
            }
            None => LuaValue::Nil,
        }
    }
}

impl Machine<'_> {
    pub(super) fn binary_handler(&self, a: LuaValue, b: LuaValue, event: StrId) -> Option<LuaValue> {
        [a, b].into_iter().map(|value| self.metamethod(value, event)).find(|handler| !handler.is_nil())
    }

    /// Both have the same handler, as Lua 5.1 asks of comparisons.
    pub(super) fn order_handler(&self, a: LuaValue, b: LuaValue, event: StrId) -> Option<LuaValue> {
        if std::mem::discriminant(&a) != std::mem::discriminant(&b) {
            return None;
        }
        let left = self.metamethod(a, event);
        let right = self.metamethod(b, event);
        (!left.is_nil() && self.heap.strings.raw_equal(left, right)).then_some(left)
    }
}
