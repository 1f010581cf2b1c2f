//! The functions that are globals (the manual's 5.1): metatables, traversals, raw access and lists are here.

mod convert;
mod load;
mod protect;

use super::C_STACK;
use crate::script::vm::machine::{Args, Machine, Native, Res};
use crate::script::vm::names;
use crate::script::vm::table::NoSuchKey;
use crate::script::vm::value::LuaValue;

pub(super) const FUNCTIONS: &[(&str, Native)] = &[
    ("assert", protect::assert),
    ("error", protect::error),
    ("getmetatable", getmetatable),
    ("ipairs", ipairs),
    ("ipairs iterator", ipairs_next),
    ("loadstring", load::loadstring),
    ("load", load::load),
    ("next", next),
    ("pairs", pairs),
    ("pcall", protect::pcall),
    ("rawequal", rawequal),
    ("rawget", rawget),
    ("rawset", rawset),
    ("select", select),
    ("setmetatable", setmetatable),
    ("tonumber", convert::tonumber),
    ("tostring", convert::tostring),
    ("type", convert::type_of),
    ("unpack", unpack),
    ("xpcall", protect::xpcall),
    (UNKNOWN_GLOBAL, unknown_global),
];

/// What reading a global that there is not calls.
pub(super) const UNKNOWN_GLOBAL: &str = "unknown global";

fn getmetatable(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let value = vm.any_arg(args, 1)?;
    let protected = vm.metamethod(value, names::METATABLE);
    let answer =
        if protected.is_nil() { vm.metatable(value).map_or(LuaValue::Nil, LuaValue::Table) } else { protected };
    Ok(vm.give(args, answer))
}

fn setmetatable(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let meta = match vm.arg(args, 2) {
        LuaValue::Nil if args.count >= 2 => None,
        LuaValue::Table(id) => Some(id),
        _ => return Err(vm.bad_argument(2, "nil or table expected")),
    };
    if !vm.metamethod(LuaValue::Table(table), names::METATABLE).is_nil() {
        return Err(vm.error("cannot change a protected metatable"));
    }
    if let Some(object) = vm.heap.tables.get_mut(table.0) {
        if object.read_only() {
            return Err(vm.plain_error(b"Attempt to modify a readonly table"));
        }
        object.set_meta(meta);
    }
    Ok(vm.give(args, LuaValue::Table(table)))
}

fn ipairs(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let iterator = vm.native("ipairs iterator");
    vm.give_all(args, &[iterator, LuaValue::Table(table), LuaValue::Number(0.0)])
}

fn ipairs_next(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let i = vm.int_arg(args, 2)?.wrapping_add(1);
    let value = vm.raw_get(table, LuaValue::Number(i as f64));
    if value.is_nil() {
        return Ok(vm.give(args, LuaValue::Nil));
    }
    vm.give_all(args, &[LuaValue::Number(i as f64), value])
}

fn pairs(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let next = vm.native("next");
    vm.give_all(args, &[next, LuaValue::Table(table), LuaValue::Nil])
}

fn next(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let key = vm.arg(args, 2);
    let found = vm.heap.tables.get(table.0).map(|table| table.next(key, &vm.heap.strings));
    match found {
        Some(Ok(Some((key, value)))) => vm.give_all(args, &[key, value]),
        Some(Err(NoSuchKey)) => Err(vm.plain_error(b"invalid key to 'next'")),
        _ => Ok(vm.give(args, LuaValue::Nil)),
    }
}

fn rawequal(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let (a, b) = (vm.any_arg(args, 1)?, vm.any_arg(args, 2)?);
    let answer = vm.heap.strings.raw_equal(a, b);
    Ok(vm.give(args, LuaValue::Bool(answer)))
}

fn rawget(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let key = vm.any_arg(args, 2)?;
    let value = vm.raw_get(table, key);
    Ok(vm.give(args, value))
}

fn rawset(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let (key, value) = (vm.any_arg(args, 2)?, vm.any_arg(args, 3)?);
    vm.raw_set(table, key, value)?;
    Ok(vm.give(args, LuaValue::Table(table)))
}

fn select(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    if let LuaValue::Str(id) = vm.arg(args, 1)
        && vm.bytes(id).first() == Some(&b'#')
    {
        return Ok(vm.give(args, LuaValue::Number((args.count - 1) as f64)));
    }
    let n = vm.int32_arg(args, 1)?;
    let count = args.count as i64;
    let from = if n < 0 { count + n } else { n.min(count) };
    if from < 1 {
        return Err(vm.bad_argument(1, "index out of range"));
    }
    let given = (count - from) as usize;
    let start = args.base + from as usize;
    vm.charge(given as u64)?;
    vm.thread.stack.copy_within(start..start + given, args.base);
    Ok(given)
}

fn unpack(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let table = vm.table_arg(args, 1)?;
    let first = vm.int32_or(args, 2, 1)?;
    let last = if vm.arg(args, 3).is_nil() {
        vm.heap.tables.get(table.0).map_or(0, |table| table.len(&vm.heap.strings)) as i64
    } else {
        vm.int32_arg(args, 3)?
    };
    if first > last {
        return Ok(0);
    }
    let count = i128::from(last) - i128::from(first) + 1;
    let Some(count) = usize::try_from(count).ok().filter(|count| count.saturating_add(args.count) <= C_STACK) else {
        return Err(vm.error("too many results to unpack"));
    };
    vm.charge(2 * count as u64)?;
    vm.reserve(args.base + count + 8)?;
    for i in 0..count {
        let value = vm.raw_get(table, LuaValue::Number((first + i as i64) as f64));
        if let Some(place) = vm.thread.stack.get_mut(args.base + i) {
            *place = value;
        }
    }
    Ok(count)
}

fn unknown_global(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let name = vm.text_of(vm.arg(args, 2)).map(|name| String::from_utf8_lossy(&name).into_owned()).unwrap_or_default();
    Err(vm.error_at(1, format!("Script attempted to access nonexistent global variable '{name}'").as_bytes()))
}
