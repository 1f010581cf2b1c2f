//! Whatever happens to the bytes is found and named.

use super::super::{Damage, FORMAT_VERSION, Problem};
use super::*;

/// The damage that reading shows, after a look at its message.
fn damage_of(bytes: &[u8]) -> (u64, Damage) {
    let Err(error) = read(bytes) else { panic!("the damage must be found") };
    let text = error.to_string();
    let Problem::Damaged { offset, damage } = error.problem else { panic!("not seen as damage: {text}") };
    assert!(text.contains("n1/snap") && text.contains(&format!("offset {offset}")), "{text}");
    (offset, damage)
}

fn chunk_of(offsets: &[usize], at: usize) -> u64 {
    offsets.iter().rfind(|offset| **offset <= at).copied().unwrap_or(0) as u64
}

#[test]
fn every_flipped_bit_is_found_in_its_chunk() {
    let bytes = bytes_of(&sample(), 600);
    let offsets = chunk_offsets(&bytes);
    assert!(offsets.len() > 10, "values that span chunks are part of it");
    let in_frame = |at: usize| at < 16 || at - (chunk_of(&offsets, at) as usize) < 17;
    for at in 0..bytes.len() {
        // All of the frame's bits; of the contents, which one checksum covers alike, one in each byte.
        for bit in (0..8).filter(|bit| in_frame(at) || at % 8 == *bit) {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << bit;
            let (offset, damage) = damage_of(&bytes);
            assert_eq!(offset, chunk_of(&offsets, at), "bit {bit} of byte {at}");
            let expected = if at < 8 { Damage::NotASnapshot } else { Damage::FlippedBit };
            assert_eq!(damage, expected, "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn every_cut_is_found() {
    let bytes = bytes_of(&sample(), 600);
    let offsets = chunk_offsets(&bytes);
    for len in 0..bytes.len() {
        let (offset, damage) = damage_of(&bytes[..len]);
        assert_eq!((offset, damage), (chunk_of(&offsets, len), Damage::Truncated), "cut to {len} bytes");
    }
}

#[test]
fn a_byte_too_many_is_found() {
    let mut bytes = bytes_of(&sample(), 600);
    let end = bytes.len() as u64;
    bytes.push(0);
    assert_eq!(damage_of(&bytes), (end, Damage::TrailingBytes));
}

#[test]
fn chunks_that_are_missing_repeated_or_exchanged_are_found() {
    let bytes = bytes_of(&sample(), 600);
    let mut cuts = chunk_offsets(&bytes);
    cuts.push(bytes.len());
    let chunk = |n: usize| &bytes[cuts[n]..cuts[n + 1]];
    for n in 0..cuts.len() - 2 {
        let missing = [&bytes[..cuts[n]], &bytes[cuts[n + 1]..]].concat();
        let found = Damage::OutOfOrder { expected: n as u32, found: n as u32 + 1 };
        assert_eq!(damage_of(&missing), (cuts[n] as u64, found));
        let repeated = [&bytes[..cuts[n + 1]], chunk(n), &bytes[cuts[n + 1]..]].concat();
        let found = Damage::OutOfOrder { expected: n as u32 + 1, found: n as u32 };
        assert_eq!(damage_of(&repeated), (cuts[n + 1] as u64, found));
    }
}

#[test]
fn a_whole_chunk_of_another_file_is_found() {
    let mut state = created();
    let of = |fill: u8| Value::from(Str::new(&[fill; 3000]));
    state.restore_entry(0, Entry::new(b"key", of(1), 1, None, 0));
    let one = bytes_of(&state, 600);
    state.restore_entry(0, Entry::new(b"key", of(2), 1, None, 0));
    let other = bytes_of(&state, 600);
    let offsets = chunk_offsets(&one);
    let mixed = [&one[..offsets[3]], &other[offsets[3]..offsets[4]], &one[offsets[4]..]].concat();
    let (offset, damage) = damage_of(&mixed);
    assert_eq!((offset as usize, damage), (*offsets.last().unwrap(), Damage::Totals("hash of the whole file")));
}

#[test]
fn a_later_format_is_named() {
    let mut bytes = bytes_of(&sample(), 600);
    bytes[8] = 200;
    let crc = crc32c::crc32c(&bytes[..12]).to_le_bytes();
    bytes[12..16].copy_from_slice(&crc);
    let error = read(&bytes).unwrap_err();
    assert!(!error.is_damage());
    let expected = format!("format version 200, this program knows versions up to {FORMAT_VERSION}");
    assert!(error.to_string().contains(&expected), "{error}");
}
