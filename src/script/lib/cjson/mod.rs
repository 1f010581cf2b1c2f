//! `cjson`: JSON (lua-cjson 2.1.0, as Redis has it).
//!
//! Unlike there, settings hold until the end of the run: a script finds the defaults, whatever ran before it on this node.

mod decode;
mod encode;
mod token;

use super::Field;
use crate::script::vm::machine::{Args, Machine, Native, Res, SETTINGS};
use crate::script::vm::value::{LuaValue, StrId};

pub(super) const FUNCTIONS: &[(&str, Native)] = &[
    ("cjson.decode", decode::decode),
    ("cjson.decode_invalid_numbers", decode_invalid_numbers),
    ("cjson.decode_max_depth", decode_max_depth),
    ("cjson.encode", encode::encode),
    ("cjson.encode_invalid_numbers", encode_invalid_numbers),
    ("cjson.encode_keep_buffer", encode_keep_buffer),
    ("cjson.encode_max_depth", encode_max_depth),
    ("cjson.encode_number_precision", encode_number_precision),
    ("cjson.encode_sparse_array", encode_sparse_array),
    ("cjson.new", new),
];

pub(super) const FIELDS: &[(&str, &str, Field)] = &[
    ("cjson", "_NAME", Field::Text("cjson")),
    ("cjson", "_VERSION", Field::Text("2.1.0")),
    ("cjson", "null", Field::Null),
];

/// A setting, by its place among a module's.
#[derive(Clone, Copy)]
enum Setting {
    /// Sparse arrays become objects.
    SparseConvert,
    /// An array is sparse if its largest index is so many times the number of its values; 0: never.
    SparseRatio,
    /// Below this index it never is.
    SparseSafe,
    EncodeDepth,
    DecodeDepth,
    /// NaN and infinities: 0 refused, 1 encoded, 2 `null`.
    EncodeInvalid,
    /// They are read, and hexadecimal numbers too.
    DecodeInvalid,
    Precision,
    /// Nothing here: memory is given back in any case.
    KeepBuffer,
}

const DEFAULTS: [i32; SETTINGS] = [0, 2, 10, 1000, 1000, 0, 1, 14, 1];

/// Words for settings that are on or off.
const SWITCH: &[&str] = &["off", "on"];

/// The place of the called function's module among the run's settings.
fn module(vm: &Machine<'_>, args: Args) -> usize {
    match vm.state(args).first() {
        Some(LuaValue::Number(n)) => *n as usize,
        _ => 0,
    }
}

/// A setting of the called function's module.
fn setting(vm: &Machine<'_>, args: Args, which: Setting) -> i32 {
    let all = vm.settings.get(module(vm, args)).unwrap_or(&DEFAULTS);
    all.get(which as usize).copied().unwrap_or_default()
}

fn set(vm: &mut Machine<'_>, args: Args, which: Setting, value: i32) {
    let module = module(vm, args);
    if vm.settings.is_empty() {
        vm.settings.push(DEFAULTS);
    }
    if let Some(place) = vm.settings.get_mut(module).and_then(|all| all.get_mut(which as usize)) {
        *place = value;
    }
}

/// Refuses more than `most` arguments.
fn at_most(vm: &mut Machine<'_>, args: Args, most: usize) -> Res<()> {
    if args.count > most { Err(vm.bad_argument(most + 1, "found too many arguments")) } else { Ok(()) }
}

/// Refuses all but one argument.
fn exactly_one(vm: &mut Machine<'_>, args: Args) -> Res<()> {
    if args.count == 1 { Ok(()) } else { Err(vm.bad_argument(1, "expected 1 argument")) }
}

/// Sets a number from argument `i`, if it is there: what holds then.
fn number(vm: &mut Machine<'_>, args: Args, i: usize, which: Setting, least: i32, most: i32) -> Res<LuaValue> {
    if !vm.arg(args, i).is_nil() {
        let value = vm.int_arg(args, i)? as i32;
        if !(least..=most).contains(&value) {
            // The library calls it the first argument always.
            return Err(vm.bad_argument(1, &format!("expected integer between {least} and {most}")));
        }
        set(vm, args, which, value);
    }
    Ok(LuaValue::Number(f64::from(setting(vm, args, which))))
}

/// Sets one of `words` (the first two: false and true) from argument `i`, if it is there: what holds then.
fn word(vm: &mut Machine<'_>, args: Args, i: usize, which: Setting, words: &[&str]) -> Res<LuaValue> {
    let value = match vm.arg(args, i) {
        LuaValue::Nil => setting(vm, args, which),
        LuaValue::Bool(is_on) => i32::from(is_on),
        _ => {
            let id = vm.string_arg(args, i)?;
            vm.charge_bytes(vm.heap.strings.len(id))?;
            let given = vm.bytes(id).split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
            match words.iter().position(|word| word.as_bytes() == given) {
                Some(place) => place as i32,
                None => return Err(vm.bad_argument_bytes(i, &[b"invalid option '", &given[..], b"'"].concat())),
            }
        }
    };
    if value != setting(vm, args, which) {
        set(vm, args, which, value);
    }
    match value {
        0 | 1 => Ok(LuaValue::Bool(value == 1)),
        _ => vm.string(words.get(value as usize).copied().unwrap_or_default().as_bytes()),
    }
}

fn encode_sparse_array(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    at_most(vm, args, 3)?;
    let convert = word(vm, args, 1, Setting::SparseConvert, SWITCH)?;
    let ratio = number(vm, args, 2, Setting::SparseRatio, 0, i32::MAX)?;
    let safe = number(vm, args, 3, Setting::SparseSafe, 0, i32::MAX)?;
    vm.give_all(args, &[convert, ratio, safe])
}

/// A setting's only number.
fn one_number(vm: &mut Machine<'_>, args: Args, which: Setting, most: i32) -> Res<usize> {
    at_most(vm, args, 1)?;
    let value = number(vm, args, 1, which, 1, most)?;
    Ok(vm.give(args, value))
}

fn encode_max_depth(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    one_number(vm, args, Setting::EncodeDepth, i32::MAX)
}

fn decode_max_depth(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    one_number(vm, args, Setting::DecodeDepth, i32::MAX)
}

fn encode_number_precision(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    one_number(vm, args, Setting::Precision, 14)
}

/// A setting's only word.
fn one_word(vm: &mut Machine<'_>, args: Args, which: Setting, words: &[&str]) -> Res<usize> {
    at_most(vm, args, 1)?;
    let value = word(vm, args, 1, which, words)?;
    Ok(vm.give(args, value))
}

fn encode_keep_buffer(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    one_word(vm, args, Setting::KeepBuffer, SWITCH)
}

fn encode_invalid_numbers(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    one_word(vm, args, Setting::EncodeInvalid, &["off", "on", "null"])
}

fn decode_invalid_numbers(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    one_word(vm, args, Setting::DecodeInvalid, SWITCH)
}

/// Another module, with settings of its own; they stay to the end of the run.
fn new(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    vm.room(SETTINGS * 4)?;
    vm.heap.bytes += SETTINGS * 4;
    if vm.settings.is_empty() {
        vm.settings.push(DEFAULTS);
    }
    vm.settings.push(DEFAULTS);
    let state = [LuaValue::Number((vm.settings.len() - 1) as f64)];
    vm.charge(100)?;
    let table = vm.table(0, 16);
    for (name, _) in FUNCTIONS {
        let native = vm.native(name);
        let function = vm.bound(native, &state);
        let key = vm.string(name.trim_start_matches("cjson.").as_bytes())?;
        vm.raw_set(table, key, function)?;
    }
    for (_, name, field) in FIELDS {
        let value = match field {
            Field::Text(text) => vm.string(text.as_bytes())?,
            Field::Null => LuaValue::Null,
        };
        let key = vm.string(name.as_bytes())?;
        vm.raw_set(table, key, value)?;
    }
    Ok(vm.give(args, LuaValue::Table(table)))
}

/// Text that Lua has as a number or string, as an id.
fn text_arg(vm: &mut Machine<'_>, args: Args) -> Res<StrId> {
    exactly_one(vm, args)?;
    vm.string_arg(args, 1)
}
