//! `table`: functions that work on many elements charge for them. (`sort`, `foreach` and `foreachi` call back into Lua
//! and are written in Lua, see `own.lua`: their work is counted as instructions.)

use std::rc::Rc;

use mlua::{Lua, MultiValue, Table, Value};

use super::budget::{ELEMENT_UNITS, Meter};
use super::params::Params;
use super::raise::{message, type_name};
use super::shield::Shield;

/// Replaces functions of Lua's own `table`.
///
/// # Errors
/// Lua's, when memory runs out.
pub fn install(lua: &Lua, table: &Table, meter: &Rc<Meter>, shield: &Rc<Shield>) -> mlua::Result<()> {
    type Run = fn(&Lua, &Meter, &Shield, Params<'_>) -> mlua::Result<Value>;
    let functions: [(&str, Run); 6] = [
        ("concat", concat),
        ("insert", insert),
        ("remove", remove),
        ("getn", |_, _, _, params| Ok(Value::Number(params.table(1)?.raw_len() as f64))),
        ("maxn", maxn),
        ("setn", |lua, _, _, params| {
            params.table(1)?;
            Err(message(lua, "'setn' is obsolete"))
        }),
    ];
    for (name, run) in functions {
        let (meter, shield) = (meter.clone(), shield.clone());
        let function = move |lua: &Lua, args: MultiValue| run(lua, &meter, &shield, Params::new(lua, args));
        table.raw_set(name, lua.create_function(function)?)?;
    }
    Ok(())
}

fn concat(lua: &Lua, meter: &Meter, _: &Shield, params: Params<'_>) -> mlua::Result<Value> {
    let table = params.table(1)?;
    let separator = if params.is_none_or_nil(2) { None } else { Some(params.string(2)?) };
    let separator = separator.as_ref().map(|text| text.as_bytes());
    let separator = separator.as_deref().unwrap_or_default();
    let first = params.integer_or(3, 1)?;
    let last = if params.is_none_or_nil(4) { table.raw_len() as i64 } else { params.integer(4)? };
    let mut out: Vec<u8> = Vec::new();
    let mut at = first;
    while at <= last {
        let value: Value = table.raw_get(at)?;
        let kind = type_name(&value);
        let text = match value {
            Value::String(_) | Value::Integer(_) | Value::Number(_) => lua.coerce_string(value)?,
            _ => None,
        };
        let Some(text) = text else {
            return Err(message(lua, format!("invalid value ({kind}) at index {at} in table for 'concat'")));
        };
        let text = text.as_bytes();
        meter.charge(ELEMENT_UNITS)?;
        let more = if at < last { separator } else { &[] };
        let len = out.len().saturating_add(text.len()).saturating_add(more.len());
        if len > meter.memory() {
            return Err(meter.end(super::budget::End::Memory).into());
        }
        meter.charge_bytes(text.len() + more.len())?;
        out.extend_from_slice(&text);
        out.extend_from_slice(more);
        at += 1;
    }
    meter.charge_bytes(out.len())?;
    let text = lua.create_string(&out)?;
    meter.settle(lua)?;
    Ok(Value::String(text))
}

fn insert(lua: &Lua, meter: &Meter, shield: &Shield, params: Params<'_>) -> mlua::Result<Value> {
    let table = params.table(1)?;
    let end = table.raw_len() as i64 + 1;
    let (at, value) = match params.len() {
        2 => (end, params.value(2)),
        3 => (params.integer(2)?, params.value(3)),
        _ => return Err(message(lua, "wrong number of arguments to 'insert'")),
    };
    shield.refuse(&table)?;
    let mut place = end.max(at);
    meter.charge(ELEMENT_UNITS.saturating_mul(end.saturating_sub(at).unsigned_abs()))?;
    while place > at {
        table.raw_set(place, table.raw_get::<Value>(place - 1)?)?;
        place -= 1;
    }
    table.raw_set(at, value)?;
    Ok(Value::Nil)
}

fn remove(_: &Lua, meter: &Meter, shield: &Shield, params: Params<'_>) -> mlua::Result<Value> {
    let table = params.table(1)?;
    let end = table.raw_len() as i64;
    let at = params.integer_or(2, end)?;
    if !(1..=end).contains(&at) {
        return Ok(Value::Nil);
    }
    shield.refuse(&table)?;
    let removed: Value = table.raw_get(at)?;
    meter.charge(ELEMENT_UNITS.saturating_mul((end - at).unsigned_abs()))?;
    for place in at..end {
        table.raw_set(place, table.raw_get::<Value>(place + 1)?)?;
    }
    table.raw_set(end, Value::Nil)?;
    Ok(removed)
}

fn maxn(_: &Lua, meter: &Meter, _: &Shield, params: Params<'_>) -> mlua::Result<Value> {
    let mut greatest = 0f64;
    for pair in params.table(1)?.pairs::<Value, Value>() {
        meter.charge(ELEMENT_UNITS)?;
        match pair?.0 {
            Value::Integer(key) => greatest = greatest.max(key as f64),
            Value::Number(key) => greatest = greatest.max(key),
            _ => {}
        }
    }
    Ok(Value::Number(greatest))
}
