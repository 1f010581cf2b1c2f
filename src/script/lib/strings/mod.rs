//! `string` (the manual's 5.4): what needs no pattern is here; `find` searches, `gsub` replaces, `format` formats.

mod find;
mod format;
mod gsub;

use super::C_STACK;
use crate::script::vm::machine::{Args, Machine, Native, Res};
use crate::script::vm::value::LuaValue;

pub(super) const FUNCTIONS: &[(&str, Native)] = &[
    ("string.byte", byte),
    ("string.char", char_of),
    ("string.find", find::find),
    ("string.format", format::format),
    ("string.gmatch", find::gmatch),
    ("gmatch iterator", find::gmatch_next),
    ("string.gfind", find::gmatch),
    ("string.gsub", gsub::gsub),
    ("string.len", len),
    ("string.lower", lower),
    ("string.match", find::matching),
    ("string.rep", rep),
    ("string.reverse", reverse),
    ("string.sub", sub),
    ("string.upper", upper),
];

/// A place counted from the end becomes one from the start.
fn place(at: i64, len: usize) -> i64 {
    if at < 0 { (at.saturating_add(len as i64).saturating_add(1)).max(0) } else { at }
}

/// `s[i..j]` as bytes.
fn range(len: usize, first: i64, last: i64) -> std::ops::Range<usize> {
    let first = place(first, len).max(1) as usize;
    let last = place(last, len).min(len as i64).max(0) as usize;
    if first > last { 0..0 } else { first - 1..last }
}

fn len(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let id = vm.string_arg(args, 1)?;
    let len = vm.heap.strings.len(id);
    Ok(vm.give(args, LuaValue::Number(len as f64)))
}

fn sub(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let id = vm.string_arg(args, 1)?;
    let first = vm.int_arg(args, 2)?;
    let last = vm.int_or(args, 3, -1)?;
    let range = range(vm.heap.strings.len(id), first, last);
    vm.charge_bytes(range.len())?;
    let part = vm.heap.part(id, range);
    Ok(vm.give(args, part))
}

fn changed(vm: &mut Machine<'_>, args: Args, change: impl FnOnce(&mut Vec<u8>)) -> Res<usize> {
    let id = vm.string_arg(args, 1)?;
    vm.charge_bytes(vm.heap.strings.len(id))?;
    let mut text = vm.bytes(id).to_vec();
    change(&mut text);
    let value = vm.owned(text)?;
    Ok(vm.give(args, value))
}

fn lower(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    changed(vm, args, |text| text.make_ascii_lowercase())
}

fn upper(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    changed(vm, args, |text| text.make_ascii_uppercase())
}

fn reverse(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    changed(vm, args, |text| text.reverse())
}

fn rep(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let id = vm.string_arg(args, 1)?;
    let count = vm.int32_arg(args, 2)?.max(0) as usize;
    let len = vm.heap.strings.len(id).saturating_mul(count);
    vm.charge_bytes(len)?;
    let text = if len == 0 { Vec::new() } else { vm.bytes(id).repeat(count) };
    let value = LuaValue::Str(vm.heap.owned(text));
    Ok(vm.give(args, value))
}

fn byte(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let id = vm.string_arg(args, 1)?;
    let first = vm.int_or(args, 2, 1)?;
    let last = vm.int_or(args, 3, first)?;
    let len = vm.heap.strings.len(id);
    let range = range(len, first, last);
    if range.len() + args.count > C_STACK {
        return Err(vm.error("stack overflow (string slice too long)"));
    }
    vm.charge(range.len() as u64)?;
    let values: Vec<LuaValue> =
        vm.bytes(id).get(range).unwrap_or_default().iter().map(|byte| LuaValue::Number(f64::from(*byte))).collect();
    vm.give_all(args, &values)
}

fn char_of(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    vm.charge(2 * args.count as u64)?;
    let mut text = Vec::with_capacity(args.count);
    for i in 1..=args.count {
        let code = vm.int32_arg(args, i)?;
        match u8::try_from(code) {
            Ok(byte) => text.push(byte),
            Err(_) => return Err(vm.bad_argument(i, "invalid value")),
        }
    }
    let value = vm.owned(text)?;
    Ok(vm.give(args, value))
}
