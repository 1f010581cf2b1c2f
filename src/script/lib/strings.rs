//! `string` (the manual's 5.4).

use super::pattern::{Capture, Matcher, Stop};
use crate::script::vm::machine::{Args, Machine, Native, Res};
use crate::script::vm::number::number_text;
use crate::script::vm::printf::{Directive, to_i64, to_u64};
use crate::script::vm::value::{StrId, Value};

pub(super) const FUNCTIONS: &[(&str, Native)] = &[
    ("string.byte", byte),
    ("string.char", char_of),
    ("string.find", find),
    ("string.format", format),
    ("string.gmatch", gmatch),
    ("gmatch iterator", gmatch_next),
    ("string.gfind", gmatch),
    ("string.gsub", gsub),
    ("string.len", len),
    ("string.lower", lower),
    ("string.match", matching),
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
    Ok(vm.give(args, Value::Number(len as f64)))
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
    let value = Value::Str(vm.heap.owned(text));
    Ok(vm.give(args, value))
}

fn byte(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let id = vm.string_arg(args, 1)?;
    let first = vm.int_or(args, 2, 1)?;
    let last = vm.int_or(args, 3, first)?;
    let len = vm.heap.strings.len(id);
    let range = range(len, first, last);
    if range.len() >= 8000 {
        return Err(vm.error("string slice too long"));
    }
    vm.charge(range.len() as u64)?;
    let values: Vec<Value> =
        vm.bytes(id).get(range).unwrap_or_default().iter().map(|byte| Value::Number(f64::from(*byte))).collect();
    vm.give_all(args, &values)
}

fn char_of(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
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

// -- patterns

fn is_plain(pattern: &[u8]) -> bool {
    !pattern.iter().any(|byte| b"^$*+?.([%-".contains(byte))
}

/// The first place of `what`, with the bytes that were looked at.
fn search(text: &[u8], what: &[u8]) -> (Option<usize>, u64) {
    let Some((first, _)) = what.split_first() else { return (Some(0), 0) };
    let mut steps = 0u64;
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && rest.len() >= what.len()
    {
        let Some(next) = rest.get(..rest.len() - what.len() + 1).and_then(|rest| rest.iter().position(|b| b == first))
        else {
            return (None, steps + rest.len() as u64 / 16);
        };
        at += next;
        let same = text.get(at..).unwrap_or_default().iter().zip(what).take_while(|(a, b)| a == b).count();
        steps += 1 + next as u64 / 16 + same as u64 / 4;
        if same == what.len() {
            return (Some(at), steps);
        }
        at += 1;
    }
    (None, steps)
}

fn find(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    found(vm, args, true)
}

fn matching(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    found(vm, args, false)
}

fn found(vm: &mut Machine<'_>, args: Args, is_find: bool) -> Res<usize> {
    let (text_id, pattern_id) = (vm.string_arg(args, 1)?, vm.string_arg(args, 2)?);
    let len = vm.heap.strings.len(text_id);
    let start = (place(vm.int_or(args, 3, 1)?, len) - 1).clamp(0, len as i64) as usize;
    let fuel = vm.fuel;
    let (text, pattern) = (vm.bytes(text_id), vm.bytes(pattern_id));
    if is_find && (vm.arg(args, 4).is_true() || is_plain(pattern)) {
        let (at, steps) = search(text.get(start..).unwrap_or_default(), pattern);
        let wide = pattern.len();
        vm.charge(steps)?;
        return match at {
            Some(at) => {
                let first = start + at + 1;
                vm.give_all(args, &[Value::Number(first as f64), Value::Number((first + wide - 1) as f64)])
            }
            None => Ok(vm.give(args, Value::Nil)),
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
    let Some((at, end, list)) = vm.matched(steps, result)? else { return Ok(vm.give(args, Value::Nil)) };
    let mut values = Vec::new();
    if is_find {
        values.extend([Value::Number((at + 1) as f64), Value::Number(end as f64)]);
    }
    for capture in list {
        values.push(capture_value(vm, text_id, capture)?);
    }
    vm.give_all(args, &values)
}

/// All captures; the whole match where there is none and it `is_wanted`.
fn captures(matcher: &Matcher<'_>, at: usize, end: usize, is_wanted: bool) -> Result<Vec<Capture>, Stop> {
    let count = if matcher.captures.is_empty() { usize::from(is_wanted) } else { matcher.captures.len() };
    (0..count).map(|i| matcher.part(i, at, end)).collect()
}

fn capture_value(vm: &mut Machine<'_>, text: StrId, capture: Capture) -> Res<Value> {
    match capture {
        Capture::Position(at) => Ok(Value::Number(at as f64)),
        Capture::Part(from, len) => {
            vm.charge_bytes(len)?;
            Ok(vm.heap.part(text, from..from + len))
        }
        Capture::Open(_) => Ok(Value::Nil),
    }
}

fn gmatch(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let (text, pattern) = (vm.string_arg(args, 1)?, vm.string_arg(args, 2)?);
    let native = vm.native("gmatch iterator");
    let state = [Value::Str(text), Value::Str(pattern), Value::Number(0.0)];
    let function = vm.bound(native, &state);
    Ok(vm.give(args, function))
}

fn gmatch_next(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let state = vm.state(args);
    let (Some(Value::Str(text_id)), Some(Value::Str(pattern_id)), Some(Value::Number(from))) =
        (state.first().copied(), state.get(1).copied(), state.get(2).copied())
    else {
        return Ok(0);
    };
    let fuel = vm.fuel;
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
    let Some((end, list)) = vm.matched(steps, result)? else { return Ok(vm.give(args, Value::Nil)) };
    let next = if end == at { end + 1 } else { end };
    vm.set_state(args, 2, Value::Number(next as f64));
    let mut values = Vec::new();
    for capture in list {
        values.push(capture_value(vm, text_id, capture)?);
    }
    vm.give_all(args, &values)
}

fn gsub(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let (text_id, pattern_id) = (vm.string_arg(args, 1)?, vm.string_arg(args, 2)?);
    let replacement = match vm.arg(args, 3) {
        Value::Number(_) | Value::Str(_) => Value::Str(vm.string_arg(args, 3)?),
        value @ (Value::Table(_) | Value::Function(_) | Value::Native(_)) => value,
        _ => return Err(vm.bad_argument(3, "string/function/table expected")),
    };
    let len = vm.heap.strings.len(text_id);
    let most = vm.int32_or(args, 4, len as i64 + 1)?;
    let mut out: Vec<u8> = Vec::new();
    let (mut at, mut count) = (0usize, 0i64);
    let is_anchored = vm.bytes(pattern_id).first() == Some(&b'^');
    while count < most {
        let fuel = vm.fuel;
        let (text, pattern) = (vm.bytes(text_id), vm.bytes(pattern_id));
        let mut matcher = Matcher::new(text, pattern, fuel);
        let result = matcher.run(at, usize::from(is_anchored)).and_then(|end| match (end, replacement) {
            // A template looks at those alone that it names.
            (Some(end), Value::Str(_)) => Ok(Some((end, matcher.captures.clone()))),
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
    vm.give_all(args, &[value, Value::Number(count as f64)])
}

fn replace(
    vm: &mut Machine<'_>,
    text: StrId,
    (at, end): (usize, usize),
    list: &[Capture],
    replacement: Value,
    out: &mut Vec<u8>,
) -> Res<()> {
    let value = match replacement {
        Value::Str(id) => {
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
        Value::Table(_) => {
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
        Value::Nil | Value::Bool(false) => out.extend_from_slice(vm.bytes(text).get(at..end).unwrap_or_default()),
        Value::Str(id) => {
            vm.charge_bytes(vm.heap.strings.len(id))?;
            vm.room(vm.heap.strings.len(id) + out.len())?;
            out.extend_from_slice(vm.bytes(id));
        }
        Value::Number(n) => out.extend(number_text(n)),
        other => return Err(vm.error(&format!("invalid replacement value (a {})", other.type_name()))),
    }
    Ok(())
}

// -- format

fn format(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let id = vm.string_arg(args, 1)?;
    let template = vm.bytes(id).to_vec();
    vm.charge_bytes(template.len())?;
    let mut out = Vec::with_capacity(template.len());
    let mut at = 0;
    let mut next = 1;
    while let Some(&byte) = template.get(at) {
        at += 1;
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        if template.get(at) == Some(&b'%') {
            out.push(b'%');
            at += 1;
            continue;
        }
        let directive = directive(vm, &template, &mut at)?;
        let letter = template.get(at).copied().unwrap_or(0);
        at += 1;
        next += 1;
        if next > args.count {
            return Err(vm.bad_argument(next, "no value"));
        }
        conversion(vm, args, next, directive, letter, &mut out)?;
        vm.charge(4)?;
        vm.room(out.len())?;
    }
    let value = vm.owned(out)?;
    Ok(vm.give(args, value))
}

fn directive(vm: &mut Machine<'_>, template: &[u8], at: &mut usize) -> Res<Directive> {
    let mut directive = Directive::default();
    let start = *at;
    while let Some(flag) = template.get(*at).filter(|byte| b"-+ #0".contains(byte)) {
        match flag {
            b'-' => directive.left = true,
            b'+' => directive.plus = true,
            b' ' => directive.blank = true,
            b'#' => directive.alternate = true,
            _ => directive.zeros = true,
        }
        *at += 1;
    }
    if *at - start > 5 {
        return Err(vm.error("invalid format (repeated flags)"));
    }
    let digits = |at: &mut usize| {
        let mut value = 0usize;
        let mut count = 0;
        while let Some(digit) = template.get(*at).filter(|byte| byte.is_ascii_digit() && count < 2) {
            value = value * 10 + usize::from(digit - b'0');
            *at += 1;
            count += 1;
        }
        value
    };
    directive.width = digits(at);
    if template.get(*at) == Some(&b'.') {
        *at += 1;
        directive.precision = Some(digits(at));
    }
    if template.get(*at).is_some_and(u8::is_ascii_digit) {
        return Err(vm.error("invalid format (width or precision too long)"));
    }
    Ok(directive)
}

fn conversion(
    vm: &mut Machine<'_>,
    args: Args,
    i: usize,
    directive: Directive,
    letter: u8,
    out: &mut Vec<u8>,
) -> Res<()> {
    match letter {
        b'c' => {
            let byte = vm.number_arg(args, i)? as i64 as u8;
            // C's %c of a zero ends the text that is then copied by its length.
            directive_char(directive, byte, out);
        }
        b'd' | b'i' => {
            let value = vm.number_arg(args, i)?;
            directive.signed(out, to_i64(value));
        }
        b'o' | b'u' | b'x' | b'X' => {
            let value = vm.number_arg(args, i)?;
            directive.unsigned(out, to_u64(value), letter);
        }
        b'e' | b'E' | b'f' | b'g' | b'G' => {
            let value = vm.number_arg(args, i)?;
            directive.float(out, value, letter);
        }
        b'q' => {
            let id = vm.string_arg(args, i)?;
            vm.charge_bytes(vm.heap.strings.len(id) * 2)?;
            quote(vm.bytes(id), out);
        }
        b's' => {
            let id = vm.string_arg(args, i)?;
            vm.charge_bytes(vm.heap.strings.len(id))?;
            let text = vm.bytes(id);
            if directive.precision.is_none() && text.len() >= 100 {
                out.extend_from_slice(text);
            } else {
                // As C: up to a zero byte.
                let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
                directive.string(out, text.get(..end).unwrap_or(text));
            }
        }
        _ => {
            let letter = if letter == 0 { String::new() } else { char::from(letter).to_string() };
            return Err(vm.error(&format!("invalid option '%{letter}' to 'format'")));
        }
    }
    Ok(())
}

fn directive_char(directive: Directive, byte: u8, out: &mut Vec<u8>) {
    let plain = Directive { precision: None, ..directive };
    if byte == 0 {
        // sprintf wrote a zero; what is added is its text up to there.
        let mut text = Vec::new();
        plain.string(&mut text, b"\0");
        let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        out.extend(text.into_iter().take(end));
    } else {
        plain.string(out, &[byte]);
    }
}

fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' | b'\n' => out.extend([b'\\', *byte]),
            b'\r' => out.extend_from_slice(b"\\r"),
            0 => out.extend_from_slice(b"\\000"),
            other => out.push(*other),
        }
    }
    out.push(b'"');
}
