//! `math` (the manual's 5.6): by IEEE 754 or by `libm`, never by the C library or the CPU.

use crate::script::vm::arith;
use crate::script::vm::machine::{Args, Machine, Native, Res};
use crate::script::vm::units;
use crate::script::vm::value::LuaValue;

pub(super) const FUNCTIONS: &[(&str, Native)] = &[
    ("math.abs", |vm, args| one(vm, args, f64::abs)),
    ("math.acos", |vm, args| hard(vm, args, libm::acos)),
    ("math.asin", |vm, args| hard(vm, args, libm::asin)),
    ("math.atan", |vm, args| hard(vm, args, libm::atan)),
    ("math.atan2", |vm, args| hard_two(vm, args, libm::atan2)),
    ("math.ceil", |vm, args| one(vm, args, f64::ceil)),
    ("math.cos", |vm, args| hard(vm, args, libm::cos)),
    ("math.cosh", |vm, args| hard(vm, args, libm::cosh)),
    ("math.deg", |vm, args| one(vm, args, |x| x / RADIANS)),
    ("math.exp", |vm, args| hard(vm, args, libm::exp)),
    ("math.floor", |vm, args| one(vm, args, arith::floor)),
    ("math.fmod", fmod),
    ("math.frexp", frexp),
    ("math.ldexp", ldexp),
    ("math.log", |vm, args| hard(vm, args, libm::log)),
    ("math.log10", |vm, args| hard(vm, args, libm::log10)),
    ("math.max", |vm, args| best(vm, args, |x, most| x > most)),
    ("math.min", |vm, args| best(vm, args, |x, least| x < least)),
    ("math.mod", fmod),
    ("math.modf", modf),
    ("math.pow", |vm, args| hard_two(vm, args, arith::power)),
    ("math.rad", |vm, args| one(vm, args, |x| x * RADIANS)),
    ("math.random", random),
    ("math.randomseed", randomseed),
    ("math.sin", |vm, args| hard(vm, args, libm::sin)),
    ("math.sinh", |vm, args| hard(vm, args, libm::sinh)),
    ("math.sqrt", |vm, args| one(vm, args, f64::sqrt)),
    ("math.tan", |vm, args| hard(vm, args, libm::tan)),
    ("math.tanh", |vm, args| hard(vm, args, libm::tanh)),
];

const RADIANS: f64 = std::f64::consts::PI / 180.0;

fn one(vm: &mut Machine<'_>, args: Args, of: fn(f64) -> f64) -> Res<usize> {
    let x = vm.number_arg(args, 1)?;
    Ok(vm.give(args, LuaValue::Number(of(x))))
}

/// What takes as long as a sine.
fn hard(vm: &mut Machine<'_>, args: Args, of: fn(f64) -> f64) -> Res<usize> {
    vm.charge(units::FUNCTION)?;
    one(vm, args, of)
}

fn hard_two(vm: &mut Machine<'_>, args: Args, of: fn(f64, f64) -> f64) -> Res<usize> {
    vm.charge(units::FUNCTION)?;
    // The last argument is looked at first, as in what compilers make of Lua's source.
    let y = vm.number_arg(args, 2)?;
    let x = vm.number_arg(args, 1)?;
    Ok(vm.give(args, LuaValue::Number(of(x, y))))
}

/// The remainder is found bit by bit: as far as the exponents are apart.
fn fmod(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let y = vm.number_arg(args, 2)?;
    let x = vm.number_arg(args, 1)?;
    let apart = libm::ilogb(x).saturating_sub(libm::ilogb(y));
    vm.charge(units::FUNCTION + apart.clamp(0, 2200) as u64)?;
    Ok(vm.give(args, LuaValue::Number(x % y)))
}

fn best(vm: &mut Machine<'_>, args: Args, is_better: fn(f64, f64) -> bool) -> Res<usize> {
    let mut best = vm.number_arg(args, 1)?;
    vm.charge(2 * args.count as u64)?;
    for i in 2..=args.count {
        let x = vm.number_arg(args, i)?;
        if is_better(x, best) {
            best = x;
        }
    }
    Ok(vm.give(args, LuaValue::Number(best)))
}

fn frexp(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let (mantissa, exponent) = libm::frexp(vm.number_arg(args, 1)?);
    vm.give_all(args, &[LuaValue::Number(mantissa), LuaValue::Number(f64::from(exponent))])
}

fn ldexp(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let exponent = vm.int32_arg(args, 2)?;
    let x = vm.number_arg(args, 1)?;
    let value = libm::ldexp(x, exponent as i32);
    Ok(vm.give(args, LuaValue::Number(value)))
}

fn modf(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let x = vm.number_arg(args, 1)?;
    let whole = x.trunc();
    let part = if x.is_infinite() { 0.0f64.copysign(x) } else { (x - whole).copysign(x) };
    vm.give_all(args, &[LuaValue::Number(whole), LuaValue::Number(part)])
}

/// As Redis's own generator, `drand48` of POSIX, whose sequence a script's seed fixes.
fn random(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    vm.random = vm.random.wrapping_mul(0x5_DEEC_E66D).wrapping_add(0xB) & ((1 << 48) - 1);
    // The upper 31 bits, as Redis takes them.
    const MAX: f64 = 2_147_483_647.0;
    let r = ((vm.random >> 17) as f64 % MAX) / MAX;
    let value = match args.count {
        0 => r,
        1 => {
            let most = vm.int32_arg(args, 1)?;
            if most < 1 {
                return Err(vm.bad_argument(1, "interval is empty"));
            }
            arith::floor(r * most as f64) + 1.0
        }
        2 => {
            let (least, most) = (vm.int32_arg(args, 1)?, vm.int32_arg(args, 2)?);
            if least > most {
                return Err(vm.bad_argument(2, "interval is empty"));
            }
            arith::floor(r * (most.wrapping_sub(least).wrapping_add(1)) as f64) + least as f64
        }
        _ => return Err(vm.error("wrong number of arguments")),
    };
    Ok(vm.give(args, LuaValue::Number(value)))
}

fn randomseed(vm: &mut Machine<'_>, args: Args) -> Res<usize> {
    let seed = vm.int32_arg(args, 1)?;
    vm.random = u64::from(seed as u32) << 16 | 0x330E;
    Ok(0)
}
