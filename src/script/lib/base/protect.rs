//! Errors, raised and caught: `assert`, `error`, `pcall`, `xpcall`.
//!
//! Invariant: only errors of the script are caught ([`Fault::Error`]); the end of a run and a `yield` pass.

use crate::error::c_string;
use crate::script::vm::machine::{Args, Fault, Machine, Res};
use crate::script::vm::names;
use crate::script::vm::value::LuaValue;

pub(super) fn assert(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    if vm.any_arg(args, 1)?.is_true() {
        return Ok(args.count);
    }
    if args.count < 2 || vm.arg(args, 2).is_nil() {
        return Err(vm.error("assertion failed!"));
    }
    let id = vm.string_arg(args, 2)?;
    // A C string there.
    let text = c_string(vm.bytes(id)).to_vec();
    Err(vm.error_at(1, &text))
}

pub(super) fn error(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let level = vm.int32_or(args, 2, 1)?;
    let value = vm.arg(args, 1);
    if let (LuaValue::Str(_) | LuaValue::Number(_), 1..) = (value, level) {
        let text = vm.text_of(value).map(|text| text.into_owned()).unwrap_or_default();
        return Err(vm.error_at(level.min(1 << 20) as u32, &text));
    }
    Err(Fault::Error(value))
}

/// As Redis has it: what it caught is the text of an error table, and stands behind one without a text; without arguments it is false.
pub(super) fn pcall(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    if args.count == 0 {
        return Ok(vm.give(args, LuaValue::Bool(false)));
    }
    let count = protected(vm, args, None)?;
    let (Some(LuaValue::Bool(false)), Some(raised @ LuaValue::Table(_))) =
        (vm.thread.stack.get(args.base).copied(), vm.thread.stack.get(args.base + 1).copied())
    else {
        return Ok(count);
    };
    // Both results stay, whatever a metamethod does.
    let top = std::mem::replace(&mut vm.thread.top, args.base + 2);
    let text = vm.index_value(raised, LuaValue::Str(names::ERR))?;
    vm.thread.top = top;
    let caught = LuaValue::Bool(false);
    match text {
        LuaValue::Str(_) | LuaValue::Number(_) => vm.give_all(args, &[caught, text]),
        other => vm.give_all(args, &[caught, raised, other]),
    }
}

pub(super) fn xpcall(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let handler = vm.any_arg(args, 2)?;
    let called = Args { base: args.base, count: 1 };
    // The handler stays below, where a collection sees it.
    vm.kept.push(handler);
    let result = protected(vm, called, Some(handler));
    vm.kept.pop();
    result
}

/// Calls without arguments: the first result, or what was raised.
pub(super) fn caught(vm: &mut Machine<'_>, function: LuaValue) -> Res<Result<LuaValue, LuaValue>> {
    let (frames, top) = (vm.thread.frames.len(), vm.thread.top);
    let (levels, own_levels, kept) = (vm.levels, vm.thread.levels, vm.kept.len());
    match vm.call(function, &[]) {
        Ok(value) => Ok(Ok(value)),
        Err(Fault::Error(value)) => {
            vm.unwind(frames, top);
            (vm.levels, vm.thread.levels) = (levels, own_levels);
            vm.kept.truncate(kept);
            Ok(Err(value))
        }
        Err(other) => Err(other),
    }
}

fn protected(vm: &mut Machine<'_>, args: Args, handler: Option<LuaValue>) -> Res<usize> {
    let frames = vm.thread.frames.len();
    let (levels, own_levels, kept) = (vm.levels, vm.thread.levels, vm.kept.len());
    vm.thread.top = args.base + args.count;
    match vm.call_at(args.base, args.count.saturating_sub(1)) {
        Ok(count) => {
            vm.reserve(args.base + count + 9)?;
            vm.thread.stack.copy_within(args.base..args.base + count, args.base + 1);
            vm.give(args, LuaValue::Bool(true));
            Ok(count + 1)
        }
        Err(Fault::Error(value)) => {
            let mut value = value;
            if let Some(handler) = handler {
                let at = vm.thread.top.max(vm.thread.frames.last().map_or(0, |frame| frame.base as usize + 256));
                vm.thread.top = at;
                value = match vm.call(handler, &[value]) {
                    Ok(value) => value,
                    Err(Fault::Error(_)) => vm.string(b"error in error handling")?,
                    Err(other) => return Err(other),
                };
            }
            vm.unwind(frames, args.base);
            (vm.levels, vm.thread.levels) = (levels, own_levels);
            vm.kept.truncate(kept);
            vm.thread.top = args.base + args.count;
            vm.give_all(args, &[LuaValue::Bool(false), value])
        }
        Err(other) => Err(other),
    }
}
