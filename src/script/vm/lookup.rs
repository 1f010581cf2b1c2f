//! Reading and writing what a table itself has, for the loop of `fast`: with what it costs besides the instruction, or nothing where the
//! language asks for more (a metatable, a new key, an object that is no table).

use super::heap::Slab;
use super::strings::Strings;
use super::table::Table;
use super::units;
use super::value::LuaValue;

/// `to = object[key]`
#[inline(always)]
pub(super) fn read(
    tables: &Slab<Table>,
    strings: &Strings,
    object: LuaValue,
    key: LuaValue,
    to: &mut LuaValue,
) -> Option<u64> {
    let LuaValue::Table(id) = object else { return None };
    let table = tables.get(id.0)?;
    let found = match key {
        LuaValue::Number(n) => {
            if let Some(value) = table.element(n)
                && (!value.is_nil() || table.meta.is_none())
            {
                *to = *value;
                return Some(0);
            }
            table.get_number(n, strings)
        }
        LuaValue::Str(key) => table.get_str(key, strings),
        key => table.get(key, strings),
    };
    if found.is_nil() && table.meta.is_some() {
        return None;
    }
    *to = found;
    Some(units::LOOKUP)
}

/// `object[key] = value`, where the key has its place.
#[inline(always)]
pub(super) fn write(
    tables: &mut Slab<Table>,
    strings: &Strings,
    object: LuaValue,
    key: LuaValue,
    value: LuaValue,
) -> Option<u64> {
    let LuaValue::Table(id) = object else { return None };
    let table = tables.get_mut(id.0)?;
    if !table.is_plain() {
        return None;
    }
    match key {
        LuaValue::Number(n) => table.set_number_in_place(n, value).then_some(0),
        LuaValue::Str(key) => table.set_str_in_place(key, value, strings).then_some(units::LOOKUP),
        _ => None,
    }
}
