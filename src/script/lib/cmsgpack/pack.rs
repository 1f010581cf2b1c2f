//! `cmsgpack.pack`

use crate::script::lib::{C_STACK, number_bits};
use crate::script::vm::machine::{Args, Machine, Res};
use crate::script::vm::printf::{to_i32, to_i64};
use crate::script::vm::value::{LuaValue, TableId};

/// Tables inside tables; a deeper one becomes nil.
const NESTING: usize = 16;

pub(super) fn pack(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    if args.count == 0 {
        return Err(vm.bad_argument(0, "MessagePack pack needs input."));
    }
    if args.count * 2 > C_STACK {
        return Err(vm.bad_argument(0, "Too many arguments for MessagePack pack."));
    }
    let mut out = Vec::new();
    for i in 1..=args.count {
        let value = vm.arg(args, i);
        put(vm, &mut out, value, 0)?;
    }
    let value = vm.owned(out)?;
    Ok(vm.give(args, value))
}

/// Appends a value that is so many tables deep.
fn put(vm: &mut Machine<'_>, out: &mut Vec<u8>, value: LuaValue, level: usize) -> Res<()> {
    vm.charge(10)?;
    vm.room(out.len())?;
    match value {
        LuaValue::Str(id) => {
            let len = vm.heap.strings.len(id);
            vm.charge_bytes(len)?;
            vm.room(out.len().saturating_add(len))?;
            match len {
                0..32 => out.push(0xa0 | len as u8),
                32..0x100 => out.extend([0xd9, len as u8]),
                _ => head(out, len, 0xda, 0xdb),
            }
            out.extend_from_slice(vm.bytes(id));
        }
        LuaValue::Bool(b) => out.push(if b { 0xc3 } else { 0xc2 }),
        LuaValue::Number(n) => number(out, n),
        LuaValue::Table(table) if level < NESTING => match list_len(vm, table)? {
            Ok(len) => {
                if len < 16 {
                    out.push(0x90 | len as u8)
                } else {
                    head(out, len, 0xdc, 0xdd)
                }
                for i in 1..=len {
                    let item = vm.raw_get(table, LuaValue::Number(i as f64));
                    put(vm, out, item, level + 1)?;
                }
            }
            Err(len) => {
                if len < 16 {
                    out.push(0x80 | len as u8)
                } else {
                    head(out, len, 0xde, 0xdf)
                }
                let mut place = 0;
                while let Some((next, key, item)) = vm.entry(table, place) {
                    put(vm, out, key, level + 1)?;
                    put(vm, out, item, level + 1)?;
                    place = next;
                }
            }
        },
        _ => out.push(0xc0),
    }
    Ok(())
}

/// A length of two bytes behind `short`, or of four behind `long`.
fn head(out: &mut Vec<u8>, len: usize, short: u8, long: u8) {
    match u16::try_from(len) {
        Ok(len) => {
            out.push(short);
            out.extend(len.to_be_bytes());
        }
        Err(_) => {
            out.push(long);
            out.extend((len as u32).to_be_bytes());
        }
    }
}

/// The shortest form that keeps the value.
fn number(out: &mut Vec<u8>, n: f64) {
    let whole = to_i64(n);
    if whole as f64 != n {
        let short = n as f32;
        if f64::from(short) == n {
            out.push(0xca);
            out.extend(number_bits::f32_bits(short).to_be_bytes());
        } else {
            out.push(0xcb);
            out.extend(number_bits::f64_bits(n).to_be_bytes());
        }
        return;
    }
    let bytes = whole.to_be_bytes();
    let (code, len) = match whole {
        -32..128 => {
            out.push(whole as u8);
            return;
        }
        128..0x100 => (0xcc, 1),
        0x100..0x1_0000 => (0xcd, 2),
        0x1_0000..0x1_0000_0000 => (0xce, 4),
        0x1_0000_0000.. => (0xcf, 8),
        -0x80..-32 => (0xd0, 1),
        -0x8000..-0x80 => (0xd1, 2),
        -0x8000_0000..-0x8000 => (0xd2, 4),
        _ => (0xd3, 8),
    };
    out.push(code);
    out.extend(bytes.get(8 - len..).unwrap_or_default());
}

/// The length of a table whose keys are 1 to n, or the number of entries of another one.
fn list_len(vm: &mut Machine<'_>, table: TableId) -> Res<Result<usize, usize>> {
    let (mut count, mut most, mut is_list, mut place) = (0usize, 0i32, true, 0);
    while let Some((next, key, _)) = vm.entry(table, place) {
        vm.charge(2)?;
        place = next;
        count += 1;
        match key {
            LuaValue::Number(n) if n > 0.0 && f64::from(to_i32(n)) == n => most = most.max(to_i32(n)),
            _ => is_list = false,
        }
    }
    Ok(if is_list && most as usize == count { Ok(count) } else { Err(count) })
}
