//! Bitmaps: strings whose bits are counted from the highest of the first byte.

mod bitcount;
mod bitfield;
mod bitfield_ro;
mod bitop;
mod bitpos;
mod bits;
mod field;
mod getbit;
mod offset;
mod setbit;
mod span;
#[cfg(test)]
mod tests;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] =
    &[&setbit::SPEC, &getbit::SPEC, &bitcount::SPEC, &bitpos::SPEC, &bitop::SPEC, &bitfield::SPEC, &bitfield_ro::SPEC];
