//! `redis.register_function`.

use super::redis::raise;
use crate::script::vm::machine::{Args, Machine, Native, Registered, Res};
use crate::script::vm::value::{LuaValue, TableId};
use crate::store::ScriptFlags;

/// The function's own name: no table of EVAL has it.
pub(super) const REGISTER: &str = "register function";
pub(super) const FUNCTIONS: &[(&str, Native)] = &[(REGISTER, register)];

/// Redis's text for a function's name too.
const BAD_NAME: &str =
    "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";

/// True for the names that libraries and functions may have.
pub(in crate::script) fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

fn register(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    if vm.registered.is_none() {
        return Err(raise(vm, "redis.register_function can only be called on FUNCTION LOAD command"));
    }
    let read = match args.count {
        1 => named(vm, args)?,
        2 => positional(vm, args)?,
        _ => Err("wrong number of arguments to redis.register_function"),
    };
    let refused = match read {
        Ok(function) => add(vm, function)?,
        Err(text) => Some(text),
    };
    match refused {
        Some(text) => Err(raise(vm, text)),
        None => Ok(0),
    }
}

/// Adds a function, or says why it cannot be one.
fn add(vm: &mut Machine<'_>, function: Registered) -> Res<Option<&'static str>> {
    if !is_name(&function.name) {
        return Ok(Some(BAD_NAME));
    }
    let bytes = function.name.len() + function.description.as_ref().map_or(0, Vec::len) + size_of::<Registered>();
    vm.room(bytes)?;
    vm.heap.bytes += bytes;
    let known = vm.registered.as_ref().map_or(0, Vec::len);
    // The names that it is compared with.
    vm.charge(100 + known as u64 / 4)?;
    let is_taken = |other: &Registered| other.name.eq_ignore_ascii_case(&function.name);
    if vm.registered.iter().flatten().any(is_taken) {
        return Ok(Some("Function already exists in the library"));
    }
    if let Some(registered) = &mut vm.registered {
        registered.push(function);
    }
    Ok(None)
}

/// What may go wrong with the arguments: the text.
type Read<T> = Res<Result<T, &'static str>>;

fn positional(vm: &mut Machine<'_>, args: Args) -> Read<Registered> {
    let Some(name) = text(vm, vm.arg(args, 1))? else {
        return Ok(Err("first argument to redis.register_function must be a string"));
    };
    let callback = vm.arg(args, 2);
    if !is_function(callback) {
        return Ok(Err("second argument to redis.register_function must be a function"));
    }
    Ok(Ok(Registered { name, description: None, flags: ScriptFlags::empty(), callback }))
}

fn named(vm: &mut Machine<'_>, args: Args) -> Read<Registered> {
    let LuaValue::Table(table) = vm.arg(args, 1) else {
        return Ok(Err("calling redis.register_function with a single argument is only applicable to Lua table \
                       (representing named arguments)."));
    };
    let (mut name, mut description, mut callback) = (None, None, None);
    let mut flags = ScriptFlags::empty();
    let mut last = LuaValue::Nil;
    while let Some((key, value)) = next(vm, table, last) {
        vm.charge(4)?;
        last = key;
        let Some(word) = text(vm, key)? else {
            return Ok(Err("named argument key given to redis.register_function is not a string"));
        };
        match word.to_ascii_lowercase().as_slice() {
            b"function_name" => match text(vm, value)? {
                Some(text) => name = Some(text),
                None => return Ok(Err("function_name argument given to redis.register_function must be a string")),
            },
            b"description" => match text(vm, value)? {
                Some(text) => description = Some(text),
                None => return Ok(Err("description argument given to redis.register_function must be a string")),
            },
            b"callback" if is_function(value) => callback = Some(value),
            b"callback" => return Ok(Err("callback argument given to redis.register_function must be a function")),
            b"flags" => {
                let LuaValue::Table(list) = value else {
                    return Ok(Err(
                        "flags argument to redis.register_function must be a table representing function flags",
                    ));
                };
                match read_flags(vm, list)? {
                    Some(read) => flags = read,
                    None => return Ok(Err("unknown flag given")),
                }
            }
            _ => return Ok(Err("unknown argument given to redis.register_function")),
        }
    }
    let Some(name) = name else { return Ok(Err("redis.register_function must get a function name argument")) };
    let Some(callback) = callback else { return Ok(Err("redis.register_function must get a callback argument")) };
    Ok(Ok(Registered { name, description, flags, callback }))
}

fn next(vm: &Machine<'_>, table: TableId, key: LuaValue) -> Option<(LuaValue, LuaValue)> {
    let table = vm.heap.tables.get(table.0)?;
    table.next(key, &vm.heap.strings).ok().flatten()
}

fn read_flags(vm: &mut Machine<'_>, list: TableId) -> Res<Option<ScriptFlags>> {
    let mut flags = ScriptFlags::empty();
    for place in 1u32.. {
        let value = vm.raw_get(list, LuaValue::Number(f64::from(place)));
        if value.is_nil() {
            break;
        }
        vm.charge(4)?;
        let flag = text(vm, value)?.and_then(|name| ScriptFlags::named(&name.to_ascii_lowercase()));
        match flag {
            Some(flag) => flags |= flag,
            None => return Ok(None),
        }
    }
    Ok(Some(flags))
}

/// The bytes of a string, or of a number's text, charged.
fn text(vm: &mut Machine<'_>, value: LuaValue) -> Res<Option<Vec<u8>>> {
    let Some(text) = vm.text_of(value).map(|text| text.into_owned()) else { return Ok(None) };
    vm.charge_bytes(text.len())?;
    Ok(Some(text))
}

fn is_function(value: LuaValue) -> bool {
    matches!(value, LuaValue::Function(_) | LuaValue::Native(_))
}
