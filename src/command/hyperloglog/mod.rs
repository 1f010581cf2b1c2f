//! Sketches that estimate how many different elements they were given (HyperLogLog): strings in Redis's format, which other servers take.

mod dense;
mod hash;
mod pfadd;
mod pfcount;
mod pfdebug;
mod pfmerge;
mod pfselftest;
mod registers;
mod sketch;
mod sparse;
#[cfg(test)]
mod tests;

use super::Spec;

/// The family.
pub static SPECS: &[&Spec] = &[&pfadd::SPEC, &pfcount::SPEC, &pfmerge::SPEC, &pfdebug::SPEC, &pfselftest::SPEC];
