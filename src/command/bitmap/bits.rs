//! Bits of byte strings: counted, found, read and written as integers. Bit 0 is the highest of the first byte.

use std::ops::Range;

/// Bytes that are looked at together.
const WORD: usize = 8;

/// How many bits are set in this range of bits, which lies within the bytes.
pub(super) fn count(bytes: &[u8], bits: Range<usize>) -> u64 {
    let (touched, first_mask, last_mask) = edges(bytes, bits);
    let Some((first, rest)) = touched.split_first() else { return 0 };
    let Some((last, middle)) = rest.split_last() else {
        return u64::from((first & first_mask & last_mask).count_ones());
    };
    let (words, tail) = middle.as_chunks::<WORD>();
    let words: u64 = words.iter().map(|word| u64::from(u64::from_ne_bytes(*word).count_ones())).sum();
    let tail: u64 = tail.iter().map(|byte| u64::from(byte.count_ones())).sum();
    words + tail + u64::from((first & first_mask).count_ones()) + u64::from((last & last_mask).count_ones())
}

/// The first bit of this range, which lies within the bytes, that is `wanted`.
pub(super) fn find(bytes: &[u8], bits: Range<usize>, wanted: bool) -> Option<usize> {
    let start = bits.start / 8;
    let end = bits.end;
    let (touched, first_mask, last_mask) = edges(bytes, bits);
    // What is looked for are ones then; bits outside of the range are none.
    let flip = if wanted { 0 } else { 0xff };
    let (last_at, mut at) = (touched.len().checked_sub(1)?, 0);
    while at <= last_at {
        let byte = touched.get(at)? ^ flip;
        let byte = if at == 0 { byte & first_mask } else { byte };
        let byte = if at == last_at { byte & last_mask } else { byte };
        if byte != 0 {
            let found = (start + at) * 8 + byte.leading_zeros() as usize;
            return (found < end).then_some(found);
        }
        at += 1;
        // Words in which there is nothing, as long as they do not reach the last byte.
        let middle = touched.get(at..last_at).unwrap_or_default();
        let nothing = [flip; WORD];
        at += middle.as_chunks::<WORD>().0.iter().take_while(|word| **word == nothing).count() * WORD;
    }
    None
}

/// The bytes that a range of bits touches, and which bits of the first and the last of them belong to it.
fn edges(bytes: &[u8], bits: Range<usize>) -> (&[u8], u8, u8) {
    if bits.is_empty() {
        return (&[], 0, 0);
    }
    let touched = bytes.get(bits.start / 8..bits.end.div_ceil(8)).unwrap_or_default();
    let first = 0xff >> (bits.start % 8);
    let last = match bits.end % 8 {
        0 => 0xff,
        inside => !(0xff >> inside),
    };
    (touched, first, last)
}

/// The `width` bits from `offset` on as a number; those behind the bytes are 0. At most 64.
pub(super) fn read(bytes: &[u8], offset: u64, width: u32) -> u64 {
    let first = usize::try_from(offset / 8).unwrap_or(usize::MAX);
    // As many bytes as 64 bits can touch.
    let mut window = 0u128;
    for at in 0..=WORD {
        let byte = first.checked_add(at).and_then(|at| bytes.get(at)).copied().unwrap_or(0);
        window = window << 8 | u128::from(byte);
    }
    let behind = 8 * (WORD as u32 + 1) - (offset % 8) as u32 - width;
    (window >> behind) as u64 & mask(width)
}

/// Writes the lowest `width` bits of a number from `offset` on. Those that fall behind the bytes are lost.
pub(super) fn write(bytes: &mut [u8], offset: u64, width: u32, number: u64) {
    let first = usize::try_from(offset / 8).unwrap_or(usize::MAX);
    let behind = 8 * (WORD as u32 + 1) - (offset % 8) as u32 - width;
    let wanted = u128::from(number & mask(width)) << behind;
    let covered = u128::from(mask(width)) << behind;
    for at in 0..=WORD {
        let shift = 8 * (WORD - at);
        let (wanted, covered) = ((wanted >> shift) as u8, (covered >> shift) as u8);
        if let Some(byte) = first.checked_add(at).and_then(|at| bytes.get_mut(at)) {
            *byte = *byte & !covered | wanted;
        }
    }
}

/// The lowest `width` bits, of 64.
pub(super) fn mask(width: u32) -> u64 {
    u64::MAX.checked_shr(64u32.saturating_sub(width)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Rng;

    fn bit(bytes: &[u8], at: usize) -> bool {
        bytes[at / 8] >> (7 - at % 8) & 1 == 1
    }

    #[test]
    fn counting_and_finding_agree_with_a_look_at_each_bit() {
        let mut rng = Rng::new(1);
        for round in 0..400 {
            let len = (rng.next_u64() % 40) as usize;
            // Mostly ones or zeros, so that whole words are passed over.
            let fill = if round % 2 == 0 { 0 } else { 0xff };
            let mut bytes = vec![fill; len];
            for _ in 0..rng.next_u64() % 4 {
                if let Some(byte) = bytes.get_mut((rng.next_u64() % 40) as usize) {
                    *byte = rng.next_u64() as u8;
                }
            }
            let start = (rng.next_u64() % (8 * len as u64 + 1)) as usize;
            let end = start + (rng.next_u64() % (8 * len as u64 + 1 - start as u64)) as usize;
            let expected = (start..end).filter(|at| bit(&bytes, *at)).count() as u64;
            assert_eq!(count(&bytes, start..end), expected, "{bytes:?} {start}..{end}");
            for wanted in [false, true] {
                let expected = (start..end).find(|at| bit(&bytes, *at) == wanted);
                assert_eq!(find(&bytes, start..end, wanted), expected, "{bytes:?} {start}..{end} {wanted}");
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_its_neighbours_stay() {
        let mut rng = Rng::new(2);
        for _ in 0..400 {
            let before: Vec<u8> = (0..20).map(|_| rng.next_u64() as u8).collect();
            let (offset, width) = (rng.next_u64() % 96, 1 + (rng.next_u64() % 64) as u32);
            let number = rng.next_u64();
            let mut bytes = before.clone();
            write(&mut bytes, offset, width, number);
            assert_eq!(read(&bytes, offset, width), number & mask(width));
            let (start, end) = (offset as usize, offset as usize + width as usize);
            assert!((0..160).filter(|at| !(start..end).contains(at)).all(|at| bit(&bytes, at) == bit(&before, at)));
        }
        assert_eq!(read(&[0xff], 4, 8), 0xf0, "behind the end there are zeros");
        assert_eq!(read(&[0xff], u64::MAX, 8), 0);
        write(&mut [], u64::MAX, 64, 1);
    }
}
