//! `format`.

use crate::script::vm::machine::{Args, Machine, Res};
use crate::script::vm::printf::{Directive, to_i32, to_i64, to_u64};
use crate::script::vm::units;

/// Units of a conversion besides its bytes.
const CONVERSION_UNITS: u64 = 16;

pub(super) fn format(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let id = vm.string_arg(args, 1)?;
    let template = vm.bytes(id).to_vec();
    vm.charge_bytes(template.len())?;
    vm.charge(template.len() as u64 / 2)?;
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
        next += 1;
        if next > args.count {
            return Err(vm.bad_argument(next, "no value"));
        }
        let directive = directive(vm, &template, &mut at)?;
        let letter = template.get(at).copied().unwrap_or(0);
        at += 1;
        let before = out.len();
        conversion(vm, args, next, directive, letter, &mut out)?;
        // Of long strings the copy is charged by its bytes.
        vm.charge(CONVERSION_UNITS + (out.len() - before).min(512) as u64 / 8)?;
        vm.room(out.len())?;
    }
    let value = vm.owned(out)?;
    Ok(vm.give(args, value))
}

/// Digits beyond what a double has, and those of very large and small numbers written out, take arithmetic on long numbers.
fn float_units(directive: Directive, value: f64, letter: u8) -> u64 {
    let is_written_out = letter == b'f' && value != 0.0 && !(1e-15..1e15).contains(&value.abs());
    if is_written_out || directive.precision.unwrap_or(0) > 17 { 40 * units::TEXT } else { units::TEXT }
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
            let byte = to_i32(vm.number_arg(args, i)?) as u8;
            // C's %c of a zero ends the text that is then copied by its length.
            directive_char(directive, byte, out);
        }
        b'd' | b'i' => {
            let value = vm.number_arg(args, i)?;
            vm.charge(directive.precision.unwrap_or(0) as u64 * 2)?;
            directive.signed(out, to_i64(value));
        }
        b'o' | b'u' | b'x' | b'X' => {
            let value = vm.number_arg(args, i)?;
            vm.charge(directive.precision.unwrap_or(0) as u64 * 2)?;
            directive.unsigned(out, to_u64(value), letter);
        }
        b'e' | b'E' | b'f' | b'g' | b'G' => {
            let value = vm.number_arg(args, i)?;
            vm.charge(float_units(directive, value, letter))?;
            directive.float(out, value, letter);
        }
        b'q' => {
            let id = vm.string_arg(args, i)?;
            vm.charge_bytes(vm.heap.strings.len(id) * 2)?;
            vm.charge(vm.heap.strings.len(id) as u64)?;
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
            let letter = if letter == 0 { &[][..] } else { &[letter] };
            return Err(vm.error_at(1, &[b"invalid option '%", letter, b"' to 'format'"].concat()));
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
