//! `string`: charged by length, bounded before anything is allocated, formatted without C. Patterns are not available
//! yet: a matcher of our own has to come, because Lua's can run for hours inside one call.

use std::rc::Rc;

use mlua::{Lua, MultiValue, Table, Value};

use super::budget::{End, Meter};
use super::params::Params;
use super::printf::{Directive, to_i64, to_u64};
use super::raise::message;

/// Bytes that make a string a pattern.
const SPECIALS: &[u8] = b"^$*+?.([%-";
/// Longest width or precision, as in Lua: two digits.
const FIELD_DIGITS_MAX: usize = 2;

/// Replaces functions of Lua's own `string`.
///
/// # Errors
/// Lua's, when memory runs out.
pub fn install(lua: &Lua, string: &Table, meter: &Rc<Meter>) -> mlua::Result<()> {
    type Run = fn(&Lua, &Meter, Params<'_>) -> mlua::Result<MultiValue>;
    let functions: [(&str, Run); 13] = [
        ("byte", byte),
        ("char", char),
        ("find", find),
        ("format", format),
        ("gfind", no_patterns),
        ("gmatch", no_patterns),
        ("gsub", no_patterns),
        ("lower", |lua, meter, params| map(lua, meter, &params, |text| text.make_ascii_lowercase())),
        ("match", no_patterns),
        ("rep", rep),
        ("reverse", |lua, meter, params| map(lua, meter, &params, |text| text.reverse())),
        ("sub", sub),
        ("upper", |lua, meter, params| map(lua, meter, &params, |text| text.make_ascii_uppercase())),
    ];
    for (name, run) in functions {
        let meter = meter.clone();
        let function = move |lua: &Lua, args: MultiValue| run(lua, &meter, Params::new(lua, args));
        string.raw_set(name, lua.create_function(function)?)?;
    }
    string.raw_set("dump", Value::Nil)
}

/// A new string, charged for, that counts at once.
fn made(lua: &Lua, meter: &Meter, bytes: &[u8]) -> mlua::Result<MultiValue> {
    meter.charge_bytes(bytes.len())?;
    let text = lua.create_string(bytes)?;
    meter.settle(lua)?;
    Ok(MultiValue::from_iter([Value::String(text)]))
}

fn no_patterns(lua: &Lua, _: &Meter, _: Params<'_>) -> mlua::Result<MultiValue> {
    Err(message(lua, "pattern functions are not available yet"))
}

fn map(lua: &Lua, meter: &Meter, params: &Params<'_>, change: fn(&mut Vec<u8>)) -> mlua::Result<MultiValue> {
    let text = params.string(1)?;
    meter.charge_bytes(text.as_bytes().len())?;
    let mut bytes = text.as_bytes().to_vec();
    change(&mut bytes);
    made(lua, meter, &bytes)
}

/// A position that may count from the end, as one from the start; 0 if it lies before it.
fn position(at: i64, len: usize) -> i64 {
    if at < 0 { at.saturating_add(len as i64 + 1).max(0) } else { at }
}

fn slice(text: &[u8], first: i64, last: i64) -> &[u8] {
    let first = position(first, text.len()).max(1);
    let last = position(last, text.len()).min(text.len() as i64);
    if first > last { &[] } else { text.get(first as usize - 1..last as usize).unwrap_or_default() }
}

fn sub(lua: &Lua, meter: &Meter, params: Params<'_>) -> mlua::Result<MultiValue> {
    let text = params.string(1)?;
    made(lua, meter, slice(&text.as_bytes(), params.integer(2)?, params.integer_or(3, -1)?))
}

fn byte(lua: &Lua, meter: &Meter, params: Params<'_>) -> mlua::Result<MultiValue> {
    const VALUES_MAX: usize = 7000;
    let text = params.string(1)?;
    let first = position(params.integer_or(2, 1)?, text.as_bytes().len());
    let text = text.as_bytes();
    let bytes = slice(&text, first, params.integer_or(3, first)?);
    if bytes.len() > VALUES_MAX {
        return Err(message(lua, "string slice too long"));
    }
    meter.widen(bytes.len() as u64)?;
    Ok(bytes.iter().map(|byte| Value::Integer(i64::from(*byte))).collect())
}

fn char(lua: &Lua, meter: &Meter, params: Params<'_>) -> mlua::Result<MultiValue> {
    let mut bytes = Vec::with_capacity(params.len());
    for n in 1..=params.len() {
        let value = params.integer(n)?;
        bytes.push(u8::try_from(value).map_err(|_| params.bad(n, "invalid value"))?);
    }
    made(lua, meter, &bytes)
}

fn rep(lua: &Lua, meter: &Meter, params: Params<'_>) -> mlua::Result<MultiValue> {
    let text = params.string(1)?;
    let count = usize::try_from(params.integer(2)?).unwrap_or(0);
    let text = text.as_bytes();
    // Refused before anything is allocated.
    meter.charge_bytes(text.len().saturating_mul(count))?;
    made(lua, meter, &text.repeat(if text.is_empty() { 0 } else { count }))
}

fn find(lua: &Lua, meter: &Meter, params: Params<'_>) -> mlua::Result<MultiValue> {
    let (text, what) = (params.string(1)?, params.string(2)?);
    let (text, what) = (text.as_bytes(), what.as_bytes());
    let is_plain = !matches!(params.value(4), Value::Nil | Value::Boolean(false));
    if !is_plain && what.iter().any(|byte| SPECIALS.contains(byte)) {
        return no_patterns(lua, meter, params);
    }
    let start = (position(params.integer_or(3, 1)?, text.len()).max(1) as usize - 1).min(text.len());
    meter.charge_bytes(text.len() - start)?;
    meter.charge_bytes(what.len())?;
    let found = memchr::memmem::find(text.get(start..).unwrap_or_default(), &what).map(|at| at + start);
    Ok(match found {
        Some(at) => [at as i64 + 1, (at + what.len()) as i64].into_iter().map(Value::Integer).collect(),
        None => MultiValue::from_iter([Value::Nil]),
    })
}

fn format(lua: &Lua, meter: &Meter, params: Params<'_>) -> mlua::Result<MultiValue> {
    let template = params.string(1)?;
    let template = template.as_bytes();
    meter.charge_bytes(template.len())?;
    let mut out = Vec::new();
    let mut rest: &[u8] = &template;
    let mut argument = 1;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match (byte, rest) {
            (b'%', [b'%', tail @ ..]) => {
                out.push(b'%');
                rest = tail;
            }
            (b'%', _) => {
                argument += 1;
                let (directive, letter, tail) = directive(lua, rest)?;
                conversion(lua, meter, &params, &mut out, argument, directive, letter)?;
                rest = tail;
            }
            (byte, _) => out.push(*byte),
        }
        if out.len() > meter.memory() {
            return Err(meter.end(End::Memory).into());
        }
    }
    made(lua, meter, &out)
}

/// Flags, width and precision behind `%`, the letter, and what follows.
fn directive<'t>(lua: &Lua, text: &'t [u8]) -> mlua::Result<(Directive, u8, &'t [u8])> {
    let mut directive = Directive::default();
    let mut at = 0;
    let get = |at: usize| text.get(at).copied().unwrap_or(0);
    while let flag @ (b'-' | b'+' | b' ' | b'#' | b'0') = get(at) {
        match flag {
            b'-' => directive.left = true,
            b'+' => directive.plus = true,
            b' ' => directive.blank = true,
            b'#' => directive.alternate = true,
            _ => directive.zeros = true,
        }
        at += 1;
    }
    if at > 5 {
        return Err(message(lua, "invalid format (repeated flags)"));
    }
    let number = |at: &mut usize| {
        let from = *at;
        let mut value = 0;
        while get(*at).is_ascii_digit() && *at - from < FIELD_DIGITS_MAX {
            value = value * 10 + usize::from(get(*at) - b'0');
            *at += 1;
        }
        value
    };
    directive.width = number(&mut at);
    if get(at) == b'.' {
        at += 1;
        directive.precision = Some(number(&mut at));
    }
    if get(at).is_ascii_digit() {
        return Err(message(lua, "invalid format (width or precision too long)"));
    }
    Ok((directive, get(at), text.get(at + 1..).unwrap_or_default()))
}

fn conversion(
    lua: &Lua,
    meter: &Meter,
    params: &Params<'_>,
    out: &mut Vec<u8>,
    n: usize,
    directive: Directive,
    letter: u8,
) -> mlua::Result<()> {
    let number = || if params.len() < n { Err(params.bad(n, "no value")) } else { params.number(n) };
    match letter {
        b'c' => directive.string(out, &[to_i64(number()?) as u8]),
        b'd' | b'i' => directive.signed(out, to_i64(number()?)),
        b'o' | b'u' | b'x' | b'X' => directive.unsigned(out, to_u64(number()?), letter),
        b'e' | b'E' | b'f' | b'g' | b'G' => directive.float(out, number()?, letter),
        b'q' | b's' => {
            if params.len() < n {
                return Err(params.bad(n, "no value"));
            }
            let text = params.string(n)?;
            let text = text.as_bytes();
            if out.len().saturating_add(text.len()) > meter.memory() {
                return Err(meter.end(End::Memory).into());
            }
            meter.charge_bytes(text.len())?;
            // Lua 5.1 prints a short string through C, which stops at a NUL.
            let shown = match memchr::memchr(0, &text) {
                Some(nul) if text.len() < 100 || directive.precision.is_some() => text.get(..nul).unwrap_or(&text),
                _ => &text,
            };
            if letter == b's' { directive.string(out, shown) } else { quoted(out, &text) }
        }
        0 => return Err(message(lua, "invalid option '%' to 'format'")),
        other => {
            return Err(message(lua, format!("invalid option '%{}' to 'format'", other as char)));
        }
    }
    Ok(())
}

/// `%q`: as Lua's parser reads it back.
fn quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' | b'\n' => out.extend_from_slice(&[b'\\', *byte]),
            b'\r' => out.extend_from_slice(b"\\r"),
            0 => out.extend_from_slice(b"\\000"),
            other => out.push(*other),
        }
    }
    out.push(b'"');
}
