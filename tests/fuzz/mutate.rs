//! Small changes of valid bytes.

use crate::support::rng::Rng;

/// Numbers that lengths and counts go wrong with.
const NUMBERS: &[u64] = &[0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX >> 1, u64::MAX];
const TEXTS: &[&str] =
    &["-1", "0", "2147483648", "9223372036854775807", "18446744073709551616", "\r\n", "*", "$", "\"", "'", "\\x"];

/// One to four changes.
pub fn mutate(input: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    for _ in 0..=rng.below(4) {
        let at = rng.below(input.len() + 1);
        let to = at + rng.below(input.len() - at + 1);
        match rng.below(9) {
            0 if at < input.len() => input[at] ^= 1 << rng.below(8),
            1 if at < input.len() => input[at] = rng.next() as u8,
            2 => input.truncate(at),
            3 => drop(input.drain(at..to)),
            4 => {
                let copy = input[at..to].to_vec();
                input.splice(at..at, copy);
            }
            5 => {
                let width = 1 << rng.below(4);
                let number = rng.pick(NUMBERS).to_le_bytes();
                input.splice(at..(at + width).min(input.len()), number[..width].to_vec());
            }
            6 => {
                let text = rng.pick(TEXTS).bytes();
                input.splice(at..at, text);
            }
            7 => {
                let from = rng.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => {
                let len = rng.below(8);
                let bytes = rng.bytes(len);
                input.splice(at..at, bytes);
            }
        }
    }
}
