//! Numbers of up to 64 bits in as few bytes as they need (LEB128: 7 bits per byte, low ones first; the top bit says that another follows),
//! and strings behind their length.
//!
//! What is read is checked: bytes that end early, or that are more than 64 bits, are no number.

/// Longest form of a number, bytes.
pub(super) const LEN_MAX: usize = u64::BITS.div_ceil(7) as usize;

/// Bytes of a number.
pub(super) fn len(number: u64) -> usize {
    (u64::BITS - (number | 1).leading_zeros()).div_ceil(7) as usize
}

/// Bytes of a string with its length.
pub(super) fn bytes_len(bytes: &[u8]) -> usize {
    len(bytes.len() as u64) + bytes.len()
}

/// Writes a number.
pub(super) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Writes a string behind its length.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads a number, its first byte first: with how many bytes it takes. None if there is none.
#[inline]
pub(super) fn read<'a>(bytes: impl Iterator<Item = &'a u8>) -> Option<(u64, usize)> {
    let mut number = 0;
    for (place, byte) in bytes.take(LEN_MAX).enumerate() {
        let digit = u64::from(byte & 0x7F);
        // The last byte that there can be has room for one bit.
        if place == LEN_MAX - 1 && digit > 1 {
            return None;
        }
        number |= digit << (7 * place);
        if byte & 0x80 == 0 {
            return Some((number, place + 1));
        }
    }
    None
}

/// Takes the number at the start of `rest` off. None if there is none, and `rest` stays.
#[inline]
pub(super) fn take(rest: &mut &[u8]) -> Option<u64> {
    let (first, tail) = rest.split_first()?;
    if first & 0x80 == 0 {
        *rest = tail;
        return Some(u64::from(*first));
    }
    let (number, len) = read(rest.iter())?;
    *rest = rest.get(len..)?;
    Some(number)
}

/// Takes the string at the start of `rest` off. None if there is none, and `rest` stays.
#[inline]
pub(super) fn take_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut behind = *rest;
    let len = usize::try_from(take(&mut behind)?).ok()?;
    let (bytes, tail) = behind.split_at_checked(len)?;
    *rest = tail;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_come_back_from_both_ends() {
        let edges = (0..64).flat_map(|bit| [(1u64 << bit) - 1, 1 << bit]).chain([u64::MAX]);
        for number in edges {
            let mut out = Vec::new();
            put(&mut out, number);
            assert_eq!(out.len(), len(number), "{number}");
            assert!(out.len() <= LEN_MAX);
            let backwards: Vec<u8> = out.iter().rev().copied().collect();
            assert_eq!(read(backwards.iter().rev()), Some((number, out.len())));
            out.push(0x81);
            let mut rest = out.as_slice();
            assert_eq!((take(&mut rest), rest), (Some(number), &[0x81][..]));
        }
    }

    #[test]
    fn bytes_that_are_no_number_are_refused_and_stay() {
        let too_large = [[0xFF; 9].as_slice(), &[2]].concat();
        let too_long = [[0x80; 10].as_slice(), &[0]].concat();
        for bytes in [&[][..], &[0x80], &[0xFF; 9], &too_large, &too_long] {
            let mut rest = bytes;
            assert_eq!((take(&mut rest), rest), (None, bytes));
            assert_eq!((take_bytes(&mut rest), rest), (None, bytes));
        }
        assert_eq!(take(&mut &[[0xFF; 9].as_slice(), &[1]].concat()[..]), Some(u64::MAX));
    }

    #[test]
    fn strings_of_any_length_come_back() {
        for length in [0, 1, 127, 128, 129, 16383, 16384, 2_097_152] {
            let string = vec![7; length];
            let mut out = Vec::new();
            put_bytes(&mut out, &string);
            assert_eq!(out.len(), bytes_len(&string), "{length}");
            out.push(9);
            let mut rest = out.as_slice();
            assert_eq!((take_bytes(&mut rest), rest), (Some(string.as_slice()), &[9][..]), "{length}");
            let mut cut = &out[..length];
            assert_eq!((take_bytes(&mut cut), cut.len()), (None, length));
        }
    }
}
