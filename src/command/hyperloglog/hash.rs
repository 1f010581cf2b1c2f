//! Which register an element belongs to, and what it wants there: MurmurHash64A with the seed that all sketches of Redis share.

use super::registers::{BITS, COUNT};

const SEED: u64 = 0xadc8_3b19;
const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;

fn murmur(bytes: &[u8]) -> u64 {
    let stir = |word: u64| word ^ word >> 47;
    let (words, tail) = bytes.as_chunks::<8>();
    let mut hash = SEED ^ (bytes.len() as u64).wrapping_mul(FACTOR);
    for word in words {
        let word = stir(u64::from_le_bytes(*word).wrapping_mul(FACTOR)).wrapping_mul(FACTOR);
        hash = (hash ^ word).wrapping_mul(FACTOR);
    }
    if !tail.is_empty() {
        let word = tail.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        hash = (hash ^ word).wrapping_mul(FACTOR);
    }
    stir(stir(hash).wrapping_mul(FACTOR))
}

/// The register, by the lowest bits of the hash; and how many of the others have to be looked at to find one that is set.
pub(super) fn place(element: &[u8]) -> (usize, u8) {
    let hash = murmur(element);
    let rest = hash >> BITS | 1 << (64 - BITS);
    (hash as usize % COUNT, rest.trailing_zeros() as u8 + 1)
}
