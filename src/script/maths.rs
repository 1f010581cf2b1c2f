//! `math`: functions whose result depends on the C library come from `libm`, random numbers from a generator of our own
//! with the same seed in every run (as in Redis, where the sequence is constant too, but another one).

use std::cell::RefCell;

use mlua::{Lua, MultiValue, Table};

use super::params::Params;
use super::raise::message;
use crate::store::Rng;

type Unary = fn(f64) -> f64;

const UNARY: [(&str, Unary); 12] = [
    ("sin", libm::sin),
    ("cos", libm::cos),
    ("tan", libm::tan),
    ("asin", libm::asin),
    ("acos", libm::acos),
    ("atan", libm::atan),
    ("sinh", libm::sinh),
    ("cosh", libm::cosh),
    ("tanh", libm::tanh),
    ("exp", libm::exp),
    ("log", libm::log),
    ("log10", libm::log10),
];

type Binary = fn(f64, f64) -> f64;

const BINARY: [(&str, Binary); 4] =
    [("atan2", libm::atan2), ("pow", libm::pow), ("fmod", libm::fmod), ("mod", libm::fmod)];

/// Replaces functions of Lua's own `math`.
///
/// # Errors
/// Lua's, when memory runs out.
pub fn install(lua: &Lua, math: &Table) -> mlua::Result<()> {
    for (name, function) in UNARY {
        math.raw_set(
            name,
            lua.create_function(move |lua, args: MultiValue| Ok(function(Params::new(lua, args).number(1)?)))?,
        )?;
    }
    for (name, function) in BINARY {
        math.raw_set(
            name,
            lua.create_function(move |lua, args: MultiValue| {
                let params = Params::new(lua, args);
                Ok(function(params.number(1)?, params.number(2)?))
            })?,
        )?;
    }
    let rng = std::rc::Rc::new(RefCell::new(Rng::new(0)));
    let seeded = rng.clone();
    math.raw_set("random", lua.create_function(move |lua, args: MultiValue| random(lua, &rng, args))?)?;
    math.raw_set(
        "randomseed",
        lua.create_function(move |lua, args: MultiValue| {
            let seed = Params::new(lua, args).integer(1)?;
            *seeded.borrow_mut() = Rng::new(seed as u64);
            Ok(())
        })?,
    )
}

fn random(lua: &Lua, rng: &RefCell<Rng>, args: MultiValue) -> mlua::Result<f64> {
    // 53 bits: every value is exact, and below 1.
    let share = (rng.borrow_mut().next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let params = Params::new(lua, args);
    let (low, high, blamed) = match params.len() {
        0 => return Ok(share),
        1 => (1, params.integer(1)?, 1),
        2 => (params.integer(1)?, params.integer(2)?, 2),
        _ => return Err(message(lua, "wrong number of arguments")),
    };
    if low > high {
        return Err(params.bad(blamed, "interval is empty"));
    }
    Ok((share * (high as f64 - low as f64 + 1.0)).floor() + low as f64)
}
