//! `find`, `match`, `gmatch`.

use super::place;
use crate::script::lib::pattern::{Capture, Matcher, Stop};
use crate::script::vm::machine::{Args, Machine, Res};
use crate::script::vm::value::{LuaValue, StrId};

/// True if nothing up to a zero byte, where patterns end, has a meaning in patterns; with what looking at it costs, units.
fn is_plain(pattern: &[u8]) -> (bool, u64) {
    let plain = pattern.iter().take_while(|byte| !b"\0^$*+?.([%-".contains(byte)).count();
    (pattern.get(plain).is_none_or(|byte| *byte == 0), 2 * plain as u64)
}

/// The first place of `what`, with what the search has cost, units; it ends where that is more than is `left`.
fn search(text: &[u8], what: &[u8], left: u64) -> (Option<usize>, u64) {
    let Some((first, _)) = what.split_first() else { return (Some(0), 0) };
    let mut steps = 0u64;
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && rest.len() >= what.len()
        && steps <= left
    {
        let Some(next) = rest.get(..rest.len() - what.len() + 1).and_then(|rest| memchr::memchr(*first, rest)) else {
            return (None, steps + rest.len() as u64 / 16);
        };
        at += next;
        let same = text.get(at..).unwrap_or_default().iter().zip(what).take_while(|(a, b)| a == b).count();
        steps += 4 + next as u64 / 16 + same as u64;
        if same == what.len() {
            return (Some(at), steps);
        }
        at += 1;
    }
    (None, steps)
}

pub(super) fn find(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    found(vm, args, true)
}

pub(super) fn matching(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    found(vm, args, false)
}

fn found(vm: &mut Machine<'_>, args: Args, is_find: bool) -> Res<usize> {
    let (text_id, pattern_id) = (vm.string_arg(args, 1)?, vm.string_arg(args, 2)?);
    let len = vm.heap.strings.len(text_id);
    let start = (place(vm.int_or(args, 3, 1)?, len) - 1).clamp(0, len as i64) as usize;
    let (is_plain, looked) = match is_find {
        true if vm.arg(args, 4).is_true() => (true, 0),
        true => is_plain(vm.bytes(pattern_id)),
        false => (false, 0),
    };
    vm.charge(looked)?;
    let fuel = vm.units_left();
    let (text, pattern) = (vm.bytes(text_id), vm.bytes(pattern_id));
    if is_plain {
        let (at, steps) = search(text.get(start..).unwrap_or_default(), pattern, fuel);
        let wide = pattern.len();
        vm.charge(steps)?;
        return match at {
            Some(at) => {
                let first = start + at + 1;
                vm.give_all(args, &[LuaValue::Number(first as f64), LuaValue::Number((first + wide - 1) as f64)])
            }
            None => Ok(vm.give(args, LuaValue::Nil)),
        };
    }
    let is_anchored = pattern.first() == Some(&b'^');
    let mut matcher = Matcher::new(text, pattern, fuel);
    let mut at = start;
    let result = loop {
        match matcher.run(at, usize::from(is_anchored)) {
            Ok(Some(end)) => break captures(&matcher, at, end, !is_find).map(|list| Some((at, end, list))),
            Ok(None) if at < len && !is_anchored => at += 1,
            Ok(None) => break Ok(None),
            Err(stop) => break Err(stop),
        }
    };
    let steps = matcher.steps;
    let Some((at, end, list)) = vm.matched(steps, result)? else { return Ok(vm.give(args, LuaValue::Nil)) };
    let mut values = Vec::new();
    if is_find {
        values.extend([LuaValue::Number((at + 1) as f64), LuaValue::Number(end as f64)]);
    }
    for capture in list {
        values.push(capture_value(vm, text_id, capture)?);
    }
    vm.give_all(args, &values)
}

/// All captures; the whole match where there is none and it `is_wanted`.
pub(super) fn captures(matcher: &Matcher<'_>, at: usize, end: usize, is_wanted: bool) -> Result<Vec<Capture>, Stop> {
    let count = if matcher.captures.is_empty() { usize::from(is_wanted) } else { matcher.captures.len() };
    (0..count).map(|i| matcher.part(i, at, end)).collect()
}

pub(super) fn capture_value(vm: &mut Machine<'_>, text: StrId, capture: Capture) -> Res<LuaValue> {
    match capture {
        Capture::Position(at) => Ok(LuaValue::Number(at as f64)),
        Capture::Part(from, len) => {
            vm.charge_bytes(len)?;
            Ok(vm.heap.part(text, from..from + len))
        }
        Capture::Open(_) => Ok(LuaValue::Nil),
    }
}

pub(super) fn gmatch(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let (text, pattern) = (vm.string_arg(args, 1)?, vm.string_arg(args, 2)?);
    let native = vm.native("gmatch iterator");
    let state = [LuaValue::Str(text), LuaValue::Str(pattern), LuaValue::Number(0.0)];
    let function = vm.bound(native, &state);
    Ok(vm.give(args, function))
}

pub(super) fn gmatch_next(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let state = vm.state(args);
    let (Some(LuaValue::Str(text_id)), Some(LuaValue::Str(pattern_id)), Some(LuaValue::Number(from))) =
        (state.first().copied(), state.get(1).copied(), state.get(2).copied())
    else {
        return Ok(0);
    };
    let fuel = vm.units_left();
    let (text, pattern) = (vm.bytes(text_id), vm.bytes(pattern_id));
    let mut matcher = Matcher::new(text, pattern, fuel);
    let mut at = from as usize;
    let result = loop {
        if at > text.len() {
            break Ok(None);
        }
        match matcher.run(at, 0) {
            Ok(Some(end)) => break captures(&matcher, at, end, true).map(|list| Some((end, list))),
            Ok(None) => at += 1,
            Err(stop) => break Err(stop),
        }
    };
    let steps = matcher.steps;
    let Some((end, list)) = vm.matched(steps, result)? else { return Ok(vm.give(args, LuaValue::Nil)) };
    let next = if end == at { end + 1 } else { end };
    vm.set_state(args, 2, LuaValue::Number(next as f64));
    let mut values = Vec::new();
    for capture in list {
        values.push(capture_value(vm, text_id, capture)?);
    }
    vm.give_all(args, &values)
}
