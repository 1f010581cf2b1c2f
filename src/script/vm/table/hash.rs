//! Hashes of keys: of their values and numbers alone, never of addresses.

use super::super::strings::Strings;
use super::super::value::LuaValue;

pub(super) fn hash_of(key: LuaValue, strings: &Strings) -> u32 {
    match key {
        LuaValue::Nil => 0,
        LuaValue::Bool(b) => mix(1 << 40 | u64::from(b)),
        LuaValue::Number(n) => hash_number(n),
        LuaValue::Str(id) => strings.hash(id),
        LuaValue::Table(id) => mix(2 << 40 | u64::from(id.0)),
        LuaValue::Function(id) => mix(3 << 40 | u64::from(id.0)),
        LuaValue::Native(id) => mix(4 << 40 | u64::from(id.0)),
        LuaValue::Thread(id) => mix(5 << 40 | u64::from(id.0)),
        LuaValue::Null => mix(6 << 40),
    }
}

pub(super) fn hash_number(n: f64) -> u32 {
    let bits = (n + 0.0).to_bits();
    mix(bits)
}

/// Fibonacci hashing of the folded bits, so that runs of numbers and strided ones both spread.
fn mix(bits: u64) -> u32 {
    let mut x = bits ^ 0x9e37_79b9_7f4a_7c15;
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x ^ (x >> 31)) as u32
}
