//! `gsub`.

use super::find::{capture_value, captures};
use crate::script::lib::pattern::{Capture, Matcher};
use crate::script::vm::machine::{Args, Machine, Res};
use crate::script::vm::number::number_text;
use crate::script::vm::units;
use crate::script::vm::value::{LuaValue, StrId};

/// Units of a match besides its steps, and of an escape in a template.
const MATCH_UNITS: u64 = 16;
const ESCAPE_UNITS: u64 = 8;

pub(super) fn gsub(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let (text_id, pattern_id) = (vm.string_arg(args, 1)?, vm.string_arg(args, 2)?);
    let len = vm.heap.strings.len(text_id);
    // Before the third, as Lua's source has it.
    let most = vm.int32_or(args, 4, len as i64 + 1)?;
    let replacement = match vm.arg(args, 3) {
        LuaValue::Number(_) | LuaValue::Str(_) => LuaValue::Str(vm.string_arg(args, 3)?),
        value @ (LuaValue::Table(_) | LuaValue::Function(_) | LuaValue::Native(_)) => value,
        _ => return Err(vm.bad_argument(3, "string/function/table expected")),
    };
    let mut out: Vec<u8> = Vec::new();
    let (mut at, mut count) = (0usize, 0i64);
    let is_anchored = vm.bytes(pattern_id).first() == Some(&b'^');
    while count < most {
        let fuel = vm.units_left();
        let (text, pattern) = (vm.bytes(text_id), vm.bytes(pattern_id));
        let mut matcher = Matcher::new(text, pattern, fuel);
        let mut from = at;
        let result = loop {
            match matcher.run(from, usize::from(is_anchored)) {
                Ok(Some(end)) => {
                    // A template looks at those alone that it names.
                    let list = match replacement {
                        LuaValue::Str(_) => Ok(std::mem::take(&mut matcher.captures)),
                        _ => captures(&matcher, from, end, true),
                    };
                    break list.map(|list| Some((end, list)));
                }
                Ok(None) if from < len && !is_anchored => from += 1,
                Ok(None) => break Ok(None),
                Err(stop) => break Err(stop),
            }
        };
        let steps = matcher.steps;
        out.extend_from_slice(text.get(at..from).unwrap_or_default());
        let found = vm.matched(steps, result)?;
        at = from;
        let Some((end, list)) = found else { break };
        vm.charge(MATCH_UNITS)?;
        count += 1;
        replace(vm, text_id, (at, end), &list, replacement, &mut out)?;
        if end > at {
            at = end;
        } else if at < len {
            out.extend(vm.bytes(text_id).get(at));
            at += 1;
        } else {
            break;
        }
        if is_anchored {
            break;
        }
    }
    let rest = vm.bytes(text_id).get(at..).unwrap_or_default();
    out.extend_from_slice(rest);
    let value = vm.owned(out)?;
    vm.give_all(args, &[value, LuaValue::Number(count as f64)])
}

fn replace(
    vm: &mut Machine<'_>,
    text: StrId,
    (at, end): (usize, usize),
    list: &[Capture],
    replacement: LuaValue,
    out: &mut Vec<u8>,
) -> Res<()> {
    let value = match replacement {
        LuaValue::Str(id) => {
            let template = vm.bytes(id).to_vec();
            vm.charge(template.len() as u64)?;
            vm.room(template.len() + out.len())?;
            let mut bytes = template.iter();
            while let Some(&byte) = bytes.next() {
                if byte != b'%' {
                    out.push(byte);
                    continue;
                }
                let next = bytes.next().copied().unwrap_or(0);
                if !next.is_ascii_digit() {
                    out.push(next);
                    continue;
                }
                vm.charge(ESCAPE_UNITS)?;
                if next == b'0' {
                    vm.charge_bytes(end - at)?;
                    vm.room(end - at + out.len())?;
                    out.extend_from_slice(vm.bytes(text).get(at..end).unwrap_or_default());
                    continue;
                }
                let whole = Capture::Part(at, end - at);
                match list.get(usize::from(next - b'1')).or((list.is_empty() && next == b'1').then_some(&whole)) {
                    Some(Capture::Part(from, len)) => {
                        vm.charge_bytes(*len)?;
                        vm.room(*len + out.len())?;
                        out.extend_from_slice(vm.bytes(text).get(*from..from + len).unwrap_or_default());
                    }
                    Some(Capture::Position(at)) => {
                        vm.charge(units::TEXT)?;
                        out.extend(at.to_string().bytes());
                    }
                    Some(Capture::Open(_)) => return Err(vm.error("unfinished capture")),
                    None => return Err(vm.error("invalid capture index")),
                }
            }
            return Ok(());
        }
        LuaValue::Table(_) => {
            let first = list.first().copied().unwrap_or(Capture::Part(at, end - at));
            vm.charge(2 * units::LOOKUP)?;
            let key = capture_value(vm, text, first)?;
            vm.index_value(replacement, key)?
        }
        _ => {
            let mut values = Vec::new();
            for capture in list {
                values.push(capture_value(vm, text, *capture)?);
            }
            vm.call(replacement, &values)?
        }
    };
    match value {
        LuaValue::Nil | LuaValue::Bool(false) => out.extend_from_slice(vm.bytes(text).get(at..end).unwrap_or_default()),
        LuaValue::Str(id) => {
            vm.charge_bytes(vm.heap.strings.len(id))?;
            vm.room(vm.heap.strings.len(id) + out.len())?;
            out.extend_from_slice(vm.bytes(id));
        }
        LuaValue::Number(n) => {
            vm.charge(units::TEXT)?;
            out.extend(number_text(n));
        }
        other => return Err(vm.error(&format!("invalid replacement value (a {})", other.type_name()))),
    }
    Ok(())
}
