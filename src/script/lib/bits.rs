//! `bit`: operations on 32-bit integers (Lua BitOp 1.0.2).

use crate::script::vm::machine::{Args, Machine, Native, Res};
use crate::script::vm::number::reading_cost;
use crate::script::vm::value::LuaValue;

pub(super) const FUNCTIONS: &[(&str, Native)] = &[
    ("bit.arshift", arshift),
    ("bit.band", band),
    ("bit.bnot", bnot),
    ("bit.bor", bor),
    ("bit.bswap", bswap),
    ("bit.bxor", bxor),
    ("bit.lshift", lshift),
    ("bit.rol", rol),
    ("bit.ror", ror),
    ("bit.rshift", rshift),
    ("bit.tobit", tobit),
    ("bit.tohex", tohex),
];

/// Argument `i` as bits: rounded to nearest, ties to even, modulo 2^32.
///
/// # Errors
/// It is no number.
fn bits(vm: &mut Machine<'_>, args: Args, i: usize) -> Res<u32> {
    /// 2^52 + 2^51: a double that is added to it keeps its whole part in the lowest bits.
    const ROUNDS: f64 = 6_755_399_441_055_744.0;
    let value = vm.arg(args, i);
    if let LuaValue::Str(id) = value {
        vm.charge(reading_cost(vm.bytes(id)))?;
    }
    match vm.to_number(value) {
        // A NaN's bits are none of the script's business: they differ by CPU.
        Some(n) if n.is_nan() => Ok(0),
        Some(n) => Ok((n + ROUNDS).to_bits() as u32),
        None => Err(vm.wrong_type(args, i, "number")),
    }
}

fn answer(vm: &mut Machine<'_>, args: Args, bits: u32) -> usize {
    vm.give(args, LuaValue::Number(f64::from(bits as i32)))
}

fn tobit(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let a = bits(vm, args, 1)?;
    Ok(answer(vm, args, a))
}

fn bnot(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let a = bits(vm, args, 1)?;
    Ok(answer(vm, args, !a))
}

fn bswap(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let a = bits(vm, args, 1)?;
    Ok(answer(vm, args, a.swap_bytes()))
}

/// All arguments together; the first one is looked at first, the others from the last on, as it shows in errors.
fn fold(vm: &mut Machine<'_>, args: Args, join: fn(u32, u32) -> u32) -> Res<usize> {
    vm.charge(2 * args.count as u64)?;
    let mut all = bits(vm, args, 1)?;
    for i in (2..=args.count).rev() {
        all = join(all, bits(vm, args, i)?);
    }
    Ok(answer(vm, args, all))
}

fn band(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    fold(vm, args, |a, b| a & b)
}

fn bor(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    fold(vm, args, |a, b| a | b)
}

fn bxor(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    fold(vm, args, |a, b| a ^ b)
}

/// The number of places is modulo 32.
fn shift(vm: &mut Machine<'_>, args: Args, by: fn(u32, u32) -> u32) -> Res<usize> {
    let a = bits(vm, args, 1)?;
    let places = bits(vm, args, 2)? & 31;
    Ok(answer(vm, args, by(a, places)))
}

fn lshift(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    shift(vm, args, |a, places| a << places)
}

fn rshift(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    shift(vm, args, |a, places| a >> places)
}

fn arshift(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    shift(vm, args, |a, places| (a as i32 >> places) as u32)
}

fn rol(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    shift(vm, args, u32::rotate_left)
}

fn ror(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    shift(vm, args, u32::rotate_right)
}

/// The second argument is the number of digits, 8 at most; negative for large letters.
fn tohex(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let a = bits(vm, args, 1)?;
    let wanted = if args.count < 2 { 8 } else { bits(vm, args, 2)? as i32 };
    vm.charge(2)?;
    let digits = wanted.unsigned_abs().min(8) as usize;
    let text = if wanted < 0 { format!("{a:08X}") } else { format!("{a:08x}") };
    let value = vm.string(text.as_bytes().get(8 - digits..).unwrap_or_default())?;
    Ok(vm.give(args, value))
}
