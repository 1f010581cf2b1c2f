//! Lua's basic functions, as far as they differ here: nothing shows an address, nothing loads compiled code, nothing changes
//! what is read-only, and nothing catches the end of a run.

use std::rc::Rc;

use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, MultiValue, Table, Value};

use super::budget::{End, INTERVAL, Meter};
use super::params::Params;
use super::raise::{Caught, OBJECT_KEY, Raise, bad_argument, caught, message};
use super::shield::Shield;

/// Functions of `names` that need no change.
const UNCHANGED: [&str; 7] = ["_VERSION", "assert", "error", "ipairs", "rawequal", "select", "type"];

/// Puts the basic functions into `globals`; `natives` is what Lua has brought.
///
/// # Errors
/// Lua's, when memory runs out.
pub fn install(
    lua: &Lua,
    natives: &Table,
    globals: &Table,
    meter: &Rc<Meter>,
    shield: &Rc<Shield>,
) -> mlua::Result<()> {
    for name in UNCHANGED {
        globals.raw_set(name, natives.raw_get::<Value>(name)?)?;
    }
    globals.raw_set("tonumber", {
        let meter = meter.clone();
        lua.create_function(move |lua, args: MultiValue| tonumber(lua, &meter, Params::new(lua, args)))?
    })?;
    globals.raw_set("pairs", {
        let shield = shield.clone();
        lua.create_function(move |lua, args: MultiValue| {
            Ok((shield.next(), Params::new(lua, args).table(1)?, Value::Nil))
        })?
    })?;
    globals.raw_set("rawget", {
        let shield = shield.clone();
        lua.create_function(move |lua, args: MultiValue| {
            let params = Params::new(lua, args);
            let table = params.table(1)?;
            shield.real_of(&table).unwrap_or(table).raw_get::<Value>(params.any(2)?)
        })?
    })?;
    globals.raw_set("rawset", {
        let shield = shield.clone();
        lua.create_function(move |lua, args: MultiValue| rawset(&shield, Params::new(lua, args)))?
    })?;
    globals.raw_set("getmetatable", {
        let shield = shield.clone();
        lua.create_function(move |lua, args: MultiValue| getmetatable(&shield, Params::new(lua, args)))?
    })?;
    globals.raw_set("setmetatable", {
        let shield = shield.clone();
        lua.create_function(move |lua, args: MultiValue| setmetatable(lua, &shield, Params::new(lua, args)))?
    })?;
    globals.raw_set("loadstring", {
        let (meter, shield) = (meter.clone(), shield.clone());
        lua.create_function(move |lua, args: MultiValue| {
            let params = Params::new(lua, args);
            let code = params.string(1)?;
            let name = if params.is_none_or_nil(2) { code.clone() } else { params.string(2)? };
            Ok(match load(lua, &meter, &code.as_bytes(), &name.as_bytes(), shield.env())? {
                Ok(function) => (Value::Function(function), Value::Nil),
                Err(text) => (Value::Nil, Value::String(lua.create_string(text)?)),
            })
        })?
    })
}

/// What `own.lua` asks for besides Lua's own functions.
///
/// # Errors
/// Lua's, when memory runs out.
pub fn helpers(lua: &Lua, own: &Table, meter: &Rc<Meter>, shield: &Rc<Shield>) -> mlua::Result<()> {
    own.raw_set("object_key", OBJECT_KEY)?;
    own.raw_set("caught", {
        let meter = meter.clone();
        lua.create_function(move |lua, value: Value| reveal(lua, &meter, value))?
    })?;
    own.raw_set("text_of", {
        let meter = meter.clone();
        lua.create_function(move |lua, value: Value| match reveal(lua, &meter, value)? {
            Value::Table(table) => match table.raw_get("err")? {
                text @ (Value::String(_) | Value::Integer(_) | Value::Number(_)) => Ok(text),
                _ => Ok(Value::Table(table)),
            },
            value => Ok(value),
        })?
    })?;
    own.raw_set("metafield", {
        lua.create_function(|_, (value, name): (Value, Value)| match value {
            Value::Table(table) => table.metatable().map_or(Ok(Value::Nil), |meta| meta.raw_get(name)),
            _ => Ok(Value::Nil),
        })?
    })?;
    own.raw_set("charge_thread", {
        let meter = meter.clone();
        lua.create_function(move |_, ()| Ok(meter.charge(u64::from(INTERVAL))?))?
    })?;
    own.raw_set("charge_unpack", {
        let meter = meter.clone();
        lua.create_function(move |lua, args: MultiValue| {
            let params = Params::new(lua, args);
            let Value::Table(table) = params.value(1) else { return Ok(()) };
            let last = if params.is_none_or_nil(3) { table.raw_len() as i64 } else { params.integer(3)? };
            let count = last.saturating_sub(params.integer_or(2, 1)?).saturating_add(1);
            // More than fits on Lua's stack is refused by `unpack` itself.
            Ok(meter.widen(u64::try_from(count).unwrap_or(0).min(10_000))?)
        })?
    })?;
    own.raw_set("refuse", {
        let shield = shield.clone();
        lua.create_function(move |_, table: Table| shield.refuse(&table))?
    })
}

/// An error value as the script may see it.
fn reveal(lua: &Lua, meter: &Meter, value: Value) -> mlua::Result<Value> {
    if meter.ended().is_some() {
        return Err(Raise::Ended.into());
    }
    Ok(match caught(value) {
        Caught::Memory => return Err(meter.end(End::Memory).into()),
        Caught::Raise(Raise::Ended) => return Err(Raise::Ended.into()),
        Caught::Raise(Raise::Message(text)) => Value::String(lua.create_string(text)?),
        Caught::Raise(Raise::Table(text)) => Value::Table(super::convert::error_table(lua, &text, true)?),
        Caught::Value(value) => value,
    })
}

/// Compiles text; the inner error is Lua's message.
///
/// # Errors
/// The run is over.
pub fn load(lua: &Lua, meter: &Meter, code: &[u8], name: &[u8], env: Table) -> mlua::Result<Result<Function, Vec<u8>>> {
    // The compiler does about this much work for each byte.
    const UNITS_PER_BYTE: u64 = 4;
    meter.charge(UNITS_PER_BYTE.saturating_mul(code.len() as u64))?;
    meter.charge_bytes(code.len())?;
    // Compiled code is not checked by Lua and can do anything; this is what its compiler says to the first byte.
    if code.first() == Some(&0x1b) {
        return Ok(Err([chunk_id(name).as_slice(), b":1: unexpected symbol near 'char(27)'"].concat()));
    }
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let chunk = lua.load(code).set_name(String::from_utf8_lossy(name)).set_mode(ChunkMode::Text).set_environment(env);
    let compiled = match chunk.into_function() {
        Ok(function) => Ok(function),
        Err(mlua::Error::SyntaxError { message, .. }) => Err(message.into_bytes()),
        Err(error) if super::raise::is_memory(&error) => return Err(meter.end(End::Memory).into()),
        Err(error) => Err(error.to_string().into_bytes()),
    };
    meter.settle(lua)?;
    Ok(compiled)
}

/// How Lua names a chunk in messages (`luaO_chunkid`).
fn chunk_id(name: &[u8]) -> Vec<u8> {
    const SHOWN_MAX: usize = 45;
    match name {
        [b'=' | b'@', rest @ ..] => rest.to_vec(),
        _ => {
            let line = name.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let shown = line.get(..SHOWN_MAX).unwrap_or(line);
            let dots: &[u8] = if shown.len() < name.len() { b"..." } else { b"" };
            [b"[string \"", shown, dots, b"\"]"].concat()
        }
    }
}

fn tonumber(lua: &Lua, meter: &Meter, params: Params<'_>) -> mlua::Result<Value> {
    let base = params.integer_or(2, 10)?;
    if base == 10 {
        return Ok(match params.any(1)? {
            value @ (Value::Integer(_) | Value::Number(_)) => value,
            value @ Value::String(_) => lua.coerce_number(value)?.map_or(Value::Nil, Value::Number),
            _ => Value::Nil,
        });
    }
    let text = params.string(1)?;
    let Some(base) = u32::try_from(base).ok().filter(|base| (2..=36).contains(base)) else {
        return Err(params.bad(2, "base out of range"));
    };
    meter.charge_bytes(text.as_bytes().len())?;
    Ok(unsigned(&text.as_bytes(), base).map_or(Value::Nil, |value| Value::Number(value as f64)))
}

/// C's `strtoul`, blanks around the number allowed.
fn unsigned(text: &[u8], base: u32) -> Option<u64> {
    let text = text.trim_ascii();
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let digits = match digits {
        [b'0', b'x' | b'X', rest @ ..] if base == 16 && !rest.is_empty() => rest,
        _ => digits,
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0u64;
    let mut overflow = false;
    for digit in digits {
        let digit = char::from(*digit).to_digit(base)?;
        match value.checked_mul(u64::from(base)).and_then(|value| value.checked_add(u64::from(digit))) {
            Some(more) => value = more,
            None => overflow = true,
        }
    }
    Some(if overflow {
        u64::MAX
    } else if negative {
        value.wrapping_neg()
    } else {
        value
    })
}

fn rawset(shield: &Shield, params: Params<'_>) -> mlua::Result<Table> {
    let table = params.table(1)?;
    let (key, value) = (params.any(2)?, params.any(3)?);
    shield.refuse(&table)?;
    match key {
        Value::Nil => Err(Raise::Message(b"table index is nil".to_vec()).into()),
        Value::Number(key) if key.is_nan() => Err(Raise::Message(b"table index is NaN".to_vec()).into()),
        key => {
            table.raw_set(key, value)?;
            Ok(table)
        }
    }
}

fn getmetatable(shield: &Shield, params: Params<'_>) -> mlua::Result<Value> {
    match params.any(1)? {
        Value::String(_) => Ok(Value::Table(shield.string_meta())),
        Value::Table(table) => {
            if shield.real_of(&table).is_some() {
                return Ok(shield.meta_of(&table));
            }
            let Some(meta) = table.metatable() else { return Ok(Value::Nil) };
            match meta.raw_get("__metatable")? {
                Value::Nil => Ok(Value::Table(meta)),
                shown => Ok(shown),
            }
        }
        _ => Ok(Value::Nil),
    }
}

fn setmetatable(lua: &Lua, shield: &Shield, params: Params<'_>) -> mlua::Result<Table> {
    let table = params.table(1)?;
    let meta = match params.values().get(1) {
        Some(Value::Nil) => None,
        Some(Value::Table(meta)) => Some(meta.clone()),
        _ => return Err(bad_argument(lua, 2, "nil or table expected")),
    };
    shield.refuse(&table)?;
    if let Some(present) = table.metatable()
        && !present.raw_get::<Value>("__metatable")?.is_nil()
    {
        return Err(message(lua, "cannot change a protected metatable"));
    }
    if let Some(meta) = &meta {
        // Both let a script watch the collector. Set later, `__mode` works, and `__gc` never does on a table: the
        // collector runs at the same instruction on every node all the same.
        for name in ["__gc", "__mode"] {
            if !meta.raw_get::<Value>(name)?.is_nil() {
                return Err(message(lua, format!("'{name}' is not available in scripts")));
            }
        }
    }
    table.set_metatable(meta)?;
    Ok(table)
}
