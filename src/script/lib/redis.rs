//! `redis.*`.

use crate::error::c_string;
use crate::protocol::{Args as Words, Reply, Resp};
use crate::script::convert::{error_table, to_lua};
use crate::script::source::sha1_hex;
use crate::script::vm::machine::{Args, End, Fault, Machine, Native, Res};
use crate::script::vm::names;
use crate::script::vm::printf::{number_argument, to_i64};
use crate::script::vm::value::LuaValue;

/// What one `redis.call` costs besides its bytes and elements, units.
const CALL_UNITS: u64 = 100;
/// Units of each argument of `redis.call` besides its bytes: it may be a key or field to look up.
const ARGUMENT_UNITS: u64 = 16;

pub(super) const FUNCTIONS: &[(&str, Native)] = &[
    ("redis.acl_check_cmd", acl_check_cmd),
    ("redis.breakpoint", |vm, args| Ok(vm.give(args, LuaValue::Bool(false)))),
    ("redis.call", call),
    ("redis.debug", |_, _| Ok(0)),
    ("redis.error_reply", error_reply),
    ("redis.log", log),
    ("redis.pcall", pcall),
    ("redis.replicate_commands", |vm, args| Ok(vm.give(args, LuaValue::Bool(true)))),
    ("redis.set_repl", set_repl),
    ("redis.setresp", setresp),
    ("redis.sha1hex", sha1hex),
    ("redis.status_reply", status_reply),
];

/// Numbers that scripts are told.
pub(super) const CONSTANTS: &[(&str, f64)] = &[
    ("LOG_DEBUG", 0.0),
    ("LOG_VERBOSE", 1.0),
    ("LOG_NOTICE", 2.0),
    ("LOG_WARNING", 3.0),
    ("REPL_NONE", 0.0),
    ("REPL_AOF", 1.0),
    ("REPL_SLAVE", 2.0),
    ("REPL_REPLICA", 2.0),
    ("REPL_ALL", 3.0),
    ("REDIS_VERSION_NUM", 0x0007_0204 as f64),
];

/// What functions of libraries do not have of these, as in Redis: what is EVAL's alone.
pub(super) const NOT_IN_FUNCTIONS: &[&str] = &["breakpoint", "debug", "replicate_commands"];
/// What there is while a library is loaded, besides what registers its functions.
pub(super) const IN_LOAD: &[&str] =
    &["log", "LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING", "REDIS_VERSION", "REDIS_VERSION_NUM"];

/// The error that `redis.*` raises: a table with its text.
pub(super) fn raise(vm: &mut Machine<'_>, text: &str) -> Fault {
    raised(vm, format!("ERR {text}").as_bytes(), false)
}

fn raised(vm: &mut Machine<'_>, text: &[u8], counted: bool) -> Fault {
    match error_table(vm, text, counted) {
        Ok(table) => Fault::Error(table),
        Err(fault) => fault,
    }
}

/// Code and text of an error that a script names: without a code it is `ERR`.
fn error_text(text: &[u8]) -> Vec<u8> {
    // Redis takes it for a C string.
    let text = c_string(text);
    let text = text.strip_prefix(b"-").unwrap_or(text);
    if text.contains(&b' ') { text.to_vec() } else { [b"ERR ", text].concat() }
}

fn error_reply(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let text = match (args.count, vm.arg(args, 1)) {
        (1, LuaValue::Str(id)) => error_text(vm.bytes(id)),
        _ => b"ERR wrong number or type of arguments".to_vec(),
    };
    let table = error_table(vm, &text, false)?;
    Ok(vm.give(args, table))
}

fn status_reply(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let value = match (args.count, vm.arg(args, 1)) {
        (1, text @ LuaValue::Str(_)) => {
            let table = vm.table(0, 1);
            vm.raw_set(table, LuaValue::Str(names::OK), text)?;
            LuaValue::Table(table)
        }
        _ => error_table(vm, b"ERR wrong number or type of arguments", false)?,
    };
    Ok(vm.give(args, value))
}

fn sha1hex(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    if args.count != 1 {
        return Err(raise(vm, "wrong number of arguments"));
    }
    let text = vm.text_of(vm.arg(args, 1)).map(|text| text.into_owned()).unwrap_or_default();
    vm.charge(100 + text.len() as u64 / 4)?;
    let value = vm.string(&sha1_hex(&text))?;
    Ok(vm.give(args, value))
}

/// Checks its arguments and drops the line: a script runs on every node, and again whenever a log is replayed.
fn log(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    if args.count < 2 {
        return Err(raise(vm, "redis.log() requires two arguments or more."));
    }
    let level = vm.arg(args, 1);
    vm.charge_number(level)?;
    match vm.to_number(level).map(to_i64) {
        Some(0..=3) => Ok(0),
        Some(_) => Err(raise(vm, "Invalid debug level.")),
        None => Err(raise(vm, "First argument must be a number (log level).")),
    }
}

/// Without an effect: there is one way of replication.
fn set_repl(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    if args.count != 1 {
        return Err(raise(vm, "redis.set_repl() requires two arguments."));
    }
    // As Redis's lua_tonumber: what is no number counts as 0.
    match vm.to_number(vm.arg(args, 1)).map_or(0, to_i64) {
        0..=3 => Ok(0),
        _ => Err(raise(vm, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")),
    }
}

fn setresp(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    if args.count != 1 {
        return Err(raise(vm, "redis.setresp() requires one argument."));
    }
    vm.resp = match vm.to_number(vm.arg(args, 1)).map(to_i64) {
        Some(2) => Resp::V2,
        Some(3) => Resp::V3,
        _ => return Err(raise(vm, "RESP version must be 2 or 3.")),
    };
    Ok(0)
}

fn acl_check_cmd(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let words = match words(vm, args)? {
        Ok(words) => words,
        Err(text) => return Err(raise(vm, text)),
    };
    match vm.host.as_ref().and_then(|host| host.may_run(&words)) {
        Some(may) => Ok(vm.give(args, LuaValue::Bool(may))),
        None => Err(raise(vm, "Invalid command passed to redis.acl_check_cmd()")),
    }
}

fn call(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    match run(vm, args)? {
        Ok(Reply::Error(error)) => Err(raised(vm, error.as_bytes(), true)),
        Ok(reply) => {
            let value = to_lua(vm, &reply)?;
            Ok(vm.give(args, value))
        }
        Err(text) => Err(raise(vm, text)),
    }
}

fn pcall(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let value = match run(vm, args)? {
        Ok(reply) => to_lua(vm, &reply)?,
        Err(text) => error_table(vm, format!("ERR {text}").as_bytes(), false)?,
    };
    Ok(vm.give(args, value))
}

/// Runs a command: its reply, or why its arguments are none.
fn run(vm: &mut Machine<'_>, args: Args) -> Res<Result<Reply, &'static str>> {
    let words = match words(vm, args)? {
        Ok(words) => words,
        Err(text) => return Ok(Err(text)),
    };
    vm.charge(CALL_UNITS)?;
    let left = vm.units_left();
    let Some(host) = vm.host.as_mut() else { return Ok(Err("there is nothing to call here")) };
    let (outcome, worked) = host.call(&words, left);
    // A command that asked for more than was left has stopped, and here the run ends.
    vm.charge(worked)?;
    Ok(Ok(Reply::from(outcome)))
}

/// The argument vector of a command, or why it is none.
fn words(vm: &mut Machine<'_>, args: Args) -> Res<Result<Words, &'static str>> {
    if args.count == 0 {
        return Ok(Err("Please specify at least one argument for this redis lib call"));
    }
    let mut size = 0usize;
    let mut numbers: Vec<Vec<u8>> = Vec::new();
    for i in 1..=args.count {
        let len = match vm.arg(args, i) {
            LuaValue::Str(id) => vm.heap.strings.len(id),
            LuaValue::Number(value) => {
                numbers.push(number_argument(value));
                24
            }
            _ => return Ok(Err("Lua redis lib command arguments must be strings or integers")),
        };
        // Checked before the copy: the same string may be given thousands of times.
        size = size.saturating_add(len);
        if size > vm.memory.min(u32::MAX as usize / 2) {
            return Err(Fault::Ended(End::Memory));
        }
        vm.charge(ARGUMENT_UNITS)?;
        vm.charge_bytes(len)?;
    }
    let mut numbers = numbers.iter();
    let slices: Vec<&[u8]> = (1..=args.count)
        .map(|i| match vm.arg(args, i) {
            LuaValue::Str(id) => vm.bytes(id),
            _ => numbers.next().map(Vec::as_slice).unwrap_or_default(),
        })
        .collect();
    Ok(Ok(Words::from_slices(slices)))
}
