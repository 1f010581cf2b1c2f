//! `gsub`.

use super::find::{capture_value, captures};
use crate::script::lib::pattern::{Capture, Matcher};
use crate::script::vm::machine::{Args, Machine, Res};
use crate::script::vm::number::number_text;
use crate::script::vm::value::{LuaValue, StrId};

pub(super) fn gsub(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let (text_id, pattern_id) = (vm.string_arg(args, 1)?, vm.string_arg(args, 2)?);
    let replacement = match vm.arg(args, 3) {
        LuaValue::Number(_) | LuaValue::Str(_) => LuaValue::Str(vm.string_arg(args, 3)?),
        value @ (LuaValue::Table(_) | LuaValue::Function(_) | LuaValue::Native(_)) => value,
        _ => return Err(vm.bad_argument(3, "string/function/table expected")),
    };
    let len = vm.heap.strings.len(text_id);
    let most = vm.int32_or(args, 4, len as i64 + 1)?;
    let mut out: Vec<u8> = Vec::new();
    let (mut at, mut count) = (0usize, 0i64);
    let is_anchored = vm.bytes(pattern_id).first() == Some(&b'^');
    while count < most {
        let fuel = vm.units_left();
        let (text, pattern) = (vm.bytes(text_id), vm.bytes(pattern_id));
        let mut matcher = Matcher::new(text, pattern, fuel);
        let result = matcher.run(at, usize::from(is_anchored)).and_then(|end| match (end, replacement) {
            // A template looks at those alone that it names.
            (Some(end), LuaValue::Str(_)) => Ok(Some((end, matcher.captures.clone()))),
            (Some(end), _) => captures(&matcher, at, end, true).map(|list| Some((end, list))),
            (None, _) => Ok(None),
        });
        let steps = matcher.steps;
        let found = vm.matched(steps, result)?;
        if let Some((end, list)) = &found {
            count += 1;
            replace(vm, text_id, (at, *end), list, replacement, &mut out)?;
        }
        match found {
            Some((end, _)) if end > at => at = end,
            _ if at < len => {
                out.extend(vm.bytes(text_id).get(at));
                at += 1;
            }
            _ => break,
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
            vm.charge_bytes(template.len())?;
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
                if next == b'0' {
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
                    Some(Capture::Position(at)) => out.extend(at.to_string().bytes()),
                    Some(Capture::Open(_)) => return Err(vm.error("unfinished capture")),
                    None => return Err(vm.error("invalid capture index")),
                }
            }
            return Ok(());
        }
        LuaValue::Table(_) => {
            let first = list.first().copied().unwrap_or(Capture::Part(at, end - at));
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
        LuaValue::Number(n) => out.extend(number_text(n)),
        other => return Err(vm.error(&format!("invalid replacement value (a {})", other.type_name()))),
    }
    Ok(())
}
