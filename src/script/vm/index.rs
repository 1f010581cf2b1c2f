//! Reading and writing fields, raw and with `__index` and `__newindex` (the manual's 2.8).

use super::heap::Heap;
use super::machine::{Machine, Res};
use super::names;
use super::op::NO_REG;
use super::table::BadKey;
use super::units;
use super::value::{LuaValue, TableId};

/// Units of asking one table and its metatable.
const LINK: u64 = 4 * units::LOOKUP;
/// Tables asked one after the other by `__index` and `__newindex`.
const CHAIN_MAX: usize = 100;

impl<'h> Machine<'h> {
    /// `rawget`
    #[inline]
    pub fn raw_get(&self, table: TableId, key: LuaValue) -> LuaValue {
        self.heap.tables.get(table.0).map_or(LuaValue::Nil, |table| table.get(key, &self.heap.strings))
    }

    /// The entry of a table at place `at` of its traversal, as [`Table::entry`](super::table::Table::entry) has it.
    #[inline]
    pub fn entry(&self, table: TableId, at: usize) -> Option<(usize, LuaValue, LuaValue)> {
        self.heap.tables.get(table.0)?.entry(at, &self.heap.strings)
    }

    /// `rawset`
    ///
    /// # Errors
    /// The key cannot be one, or the table may not be changed.
    pub fn raw_set(&mut self, table: TableId, key: LuaValue, value: LuaValue) -> Res<()> {
        let Heap { tables, strings, bytes, .. } = &mut self.heap;
        let Some(table) = tables.get_mut(table.0) else { return Ok(()) };
        if table.read_only {
            return Err(self.machine_error(b"Attempt to modify a readonly table"));
        }
        let before = table.bytes();
        let result = table.set(key, value, strings);
        let after = table.bytes();
        if after != before {
            *bytes = (*bytes + after).saturating_sub(before);
            self.charge(after as u64 / 16)?;
            if self.heap.bytes > self.memory {
                // A collection at the next instruction that may have one decides.
                self.heap.collect_at = 0;
            }
        }
        match result {
            Ok(()) => Ok(()),
            Err(BadKey::Nil) => Err(self.machine_error(b"table index is nil")),
            Err(BadKey::NaN) => Err(self.machine_error(b"table index is NaN")),
        }
    }
}

impl Machine<'_> {
    /// `object[key]`
    pub(super) fn index(&mut self, object: LuaValue, key: LuaValue, operand: u8) -> Res<LuaValue> {
        let mut object = object;
        for _ in 0..CHAIN_MAX {
            self.charge(LINK)?;
            let handler = match object {
                LuaValue::Table(id) => {
                    let value = self.raw_get(id, key);
                    if !value.is_nil() {
                        return Ok(value);
                    }
                    match self.metamethod(object, names::INDEX) {
                        LuaValue::Nil => return Ok(LuaValue::Nil),
                        handler => handler,
                    }
                }
                _ => match self.metamethod(object, names::INDEX) {
                    LuaValue::Nil => {
                        let named = self.operand(operand);
                        return Err(self.type_error("index", object, named));
                    }
                    handler => handler,
                },
            };
            if matches!(handler, LuaValue::Function(_) | LuaValue::Native(_)) {
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
    pub fn index_value(&mut self, object: LuaValue, key: LuaValue) -> Res<LuaValue> {
        self.index(object, key, NO_REG)
    }

    /// `object[key] = value`
    pub(super) fn set_index(&mut self, object: LuaValue, key: LuaValue, value: LuaValue, operand: u8) -> Res<()> {
        let mut object = object;
        for _ in 0..CHAIN_MAX {
            self.charge(LINK)?;
            let handler = match object {
                LuaValue::Table(id) => {
                    let has_meta = self.heap.tables.get(id.0).is_some_and(|table| table.meta.is_some());
                    if !has_meta || !self.raw_get(id, key).is_nil() {
                        return self.raw_set(id, key, value);
                    }
                    match self.metamethod(object, names::NEWINDEX) {
                        LuaValue::Nil => return self.raw_set(id, key, value),
                        handler => handler,
                    }
                }
                _ => match self.metamethod(object, names::NEWINDEX) {
                    LuaValue::Nil => {
                        let named = self.operand(operand);
                        return Err(self.type_error("index", object, named));
                    }
                    handler => handler,
                },
            };
            if matches!(handler, LuaValue::Function(_) | LuaValue::Native(_)) {
                self.call(handler, &[object, key, value])?;
                return Ok(());
            }
            object = handler;
        }
        Err(self.machine_error(b"loop in settable"))
    }
}
