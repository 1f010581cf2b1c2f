//! `redis.*`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use mlua::{Lua, MultiValue, Scope, Table, Value};

use super::budget::{ARGUMENT_UNITS, CALL_UNITS, End, Meter};
use super::convert::{error_table, to_lua};
use super::host::Host;
use super::params::Params;
use super::printf::{number_argument, to_i64};
use super::raise::Raise;
use super::source::sha1_hex;
use crate::protocol::{Args, Reply, Resp};

/// The version of Redis that scripts are told.
const VERSION: &str = "7.2.4";
const VERSION_NUM: i64 = 0x0007_0204;
const CONSTANTS: [(&str, i64); 10] = [
    ("LOG_DEBUG", 0),
    ("LOG_VERBOSE", 1),
    ("LOG_NOTICE", 2),
    ("LOG_WARNING", 3),
    ("REPL_NONE", 0),
    ("REPL_AOF", 1),
    ("REPL_SLAVE", 2),
    ("REPL_REPLICA", 2),
    ("REPL_ALL", 3),
    ("REDIS_VERSION_NUM", VERSION_NUM),
];

fn raise(text: &str) -> mlua::Error {
    Raise::Table(format!("ERR {text}").into_bytes()).into()
}

/// Everything that needs no store.
///
/// # Errors
/// Lua's, when memory runs out.
pub fn install(lua: &Lua, redis: &Table, meter: &Rc<Meter>) -> mlua::Result<()> {
    for (name, value) in CONSTANTS {
        redis.raw_set(name, value)?;
    }
    redis.raw_set("REDIS_VERSION", VERSION)?;
    redis.raw_set("sha1hex", {
        let meter = meter.clone();
        lua.create_function(move |lua, args: MultiValue| sha1hex(lua, &meter, Params::new(lua, args)))?
    })?;
    redis.raw_set("error_reply", {
        lua.create_function(|lua, args: MultiValue| match Params::new(lua, args).values() {
            [Value::String(text)] => error_table(lua, &error_text(&text.as_bytes()), false),
            _ => error_table(lua, b"ERR wrong number or type of arguments", false),
        })?
    })?;
    redis.raw_set("status_reply", {
        lua.create_function(|lua, args: MultiValue| match Params::new(lua, args).values() {
            [Value::String(text)] => {
                let table = lua.create_table()?;
                table.raw_set("ok", text)?;
                Ok(table)
            }
            _ => error_table(lua, b"ERR wrong number or type of arguments", false),
        })?
    })?;
    redis.raw_set("log", lua.create_function(|lua, args: MultiValue| log(Params::new(lua, args)))?)?;
    redis.raw_set("set_repl", lua.create_function(|lua, args: MultiValue| set_repl(lua, Params::new(lua, args)))?)?;
    redis.raw_set("replicate_commands", lua.create_function(|_, _: MultiValue| Ok(true))?)?;
    redis.raw_set("breakpoint", lua.create_function(|_, _: MultiValue| Ok(false))?)?;
    redis.raw_set("debug", lua.create_function(|_, _: MultiValue| Ok(()))?)
}

/// Code and text of an error that a script names: without a code it is `ERR`.
fn error_text(text: &[u8]) -> Vec<u8> {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    if text.contains(&b' ') { text.to_vec() } else { [b"ERR ", text].concat() }
}

fn sha1hex(lua: &Lua, meter: &Meter, params: Params<'_>) -> mlua::Result<Value> {
    let [value] = params.values() else { return Err(raise("wrong number of arguments")) };
    let text = match value {
        Value::String(_) | Value::Integer(_) | Value::Number(_) => lua.coerce_string(value.clone())?,
        _ => None,
    };
    let text = text.as_ref().map(|text| text.as_bytes());
    let bytes = text.as_deref().unwrap_or_default();
    // About two bytes a nanosecond.
    meter.charge(bytes.len() as u64 / 8)?;
    lua.create_string(sha1_hex(bytes)).map(Value::String)
}

/// Checks its arguments and drops the line: a script runs on every node, and again whenever a log is replayed.
fn log(params: Params<'_>) -> mlua::Result<()> {
    if params.len() < 2 {
        return Err(raise("redis.log() requires two arguments or more."));
    }
    match params.value(1) {
        Value::Integer(0..=3) => Ok(()),
        Value::Number(level) if (0..=3).contains(&to_i64(level)) => Ok(()),
        Value::Integer(_) | Value::Number(_) => Err(raise("Invalid debug level.")),
        _ => Err(raise("First argument must be a number (log level).")),
    }
}

/// Without an effect: there is one way of replication.
fn set_repl(lua: &Lua, params: Params<'_>) -> mlua::Result<()> {
    if params.len() != 1 {
        return Err(raise("redis.set_repl() requires two arguments."));
    }
    // As Redis's lua_tonumber: what is no number counts as 0.
    let flags = match params.value(1) {
        value @ (Value::Integer(_) | Value::Number(_) | Value::String(_)) => lua.coerce_number(value)?,
        _ => None,
    };
    match flags.map_or(0, to_i64) {
        0..=3 => Ok(()),
        _ => Err(raise("Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")),
    }
}

/// There are no users with fewer rights yet: every command that exists is allowed.
fn acl_check_cmd(meter: &Meter, host: &dyn Host, params: Params<'_>) -> mlua::Result<bool> {
    let args = arguments(meter, params.values())?;
    if host.is_command(&args) { Ok(true) } else { Err(raise("Invalid command passed to redis.acl_check_cmd()")) }
}

/// What needs the store, for the length of one run.
///
/// # Errors
/// Lua's, when memory runs out.
pub fn attach<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    redis: &Table,
    meter: &'env Meter,
    host: &'env RefCell<&mut dyn Host>,
    resp: &'env Cell<Resp>,
) -> mlua::Result<()> {
    redis.raw_set(
        "acl_check_cmd",
        scope.create_function(move |lua, args: MultiValue| {
            acl_check_cmd(meter, &**host.borrow(), Params::new(lua, args))
        })?,
    )?;
    redis.raw_set(
        "call",
        scope.create_function(move |lua, args: MultiValue| {
            let values: Vec<Value> = args.into_iter().collect();
            match call(meter, host, &values)? {
                Reply::Error(error) => Err(Raise::Table(error.as_bytes().to_vec()).into()),
                reply => answer(lua, meter, resp.get(), &reply),
            }
        })?,
    )?;
    redis.raw_set(
        "pcall",
        scope.create_function(move |lua, args: MultiValue| {
            let values: Vec<Value> = args.into_iter().collect();
            match call(meter, host, &values) {
                Ok(reply) => answer(lua, meter, resp.get(), &reply),
                Err(Raise::Table(text)) => error_table(lua, &text, false).map(Value::Table),
                Err(raise) => Err(raise.into()),
            }
        })?,
    )?;
    redis.raw_set(
        "setresp",
        scope.create_function(move |lua, args: MultiValue| {
            let params = Params::new(lua, args);
            if params.len() != 1 {
                return Err(raise("redis.setresp() requires one argument."));
            }
            let version = match params.value(1) {
                value @ (Value::Integer(_) | Value::Number(_) | Value::String(_)) => lua.coerce_number(value)?,
                _ => None,
            };
            resp.set(match version.map(to_i64) {
                Some(2) => Resp::V2,
                Some(3) => Resp::V3,
                _ => return Err(raise("RESP version must be 2 or 3.")),
            });
            Ok(())
        })?,
    )
}

fn answer(lua: &Lua, meter: &Meter, resp: Resp, reply: &Reply) -> mlua::Result<Value> {
    let value = to_lua(lua, meter, reply, resp)?;
    meter.settle(lua)?;
    Ok(value)
}

fn call(meter: &Meter, host: &RefCell<&mut dyn Host>, values: &[Value]) -> Result<Reply, Raise> {
    let args = arguments(meter, values)?;
    meter.charge(CALL_UNITS)?;
    let (outcome, worked) = host.borrow_mut().call(&args, meter.left());
    // A command that asked for more than was left has stopped, and here the run ends.
    meter.charge(worked)?;
    Ok(Reply::from(outcome))
}

/// The argument vector of a command.
fn arguments(meter: &Meter, values: &[Value]) -> Result<Args, Raise> {
    let refuse = |text: &str| Raise::Table(format!("ERR {text}").into_bytes());
    if values.is_empty() {
        return Err(refuse("Please specify at least one argument for this redis lib call"));
    }
    let mut size = 0usize;
    let mut args: Vec<Vec<u8>> = Vec::with_capacity(values.len());
    for value in values {
        let arg = match value {
            Value::String(text) => {
                let text = text.as_bytes();
                // Checked before the copy: the same string may be given thousands of times.
                size = size.saturating_add(text.len());
                if size > meter.memory().min(u32::MAX as usize / 2) {
                    return Err(meter.end(End::Memory));
                }
                text.to_vec()
            }
            Value::Integer(value) => number_argument(*value as f64),
            Value::Number(value) => number_argument(*value),
            _ => return Err(refuse("Lua redis lib command arguments must be strings or integers")),
        };
        meter.charge(ARGUMENT_UNITS)?;
        meter.charge_bytes(arg.len())?;
        args.push(arg);
    }
    Ok(Args::from_slices(args))
}
