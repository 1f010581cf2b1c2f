//! Strings: a length and bytes, a number, or compressed bytes.

use super::lzf;

/// Writes a string.
pub fn write(text: &[u8], out: &mut Vec<u8>) {
    write_length(text.len(), out);
    out.extend_from_slice(text);
}

/// Writes a length.
pub(super) fn write_length(len: usize, out: &mut Vec<u8>) {
    match len {
        len @ 0..64 => out.push(len as u8),
        len @ 64..16384 => out.extend_from_slice(&(0x4000 | len as u16).to_be_bytes()),
        len => match u32::try_from(len) {
            Ok(len) => {
                out.push(0x80);
                out.extend_from_slice(&len.to_be_bytes());
            }
            Err(_) => {
                out.push(0x81);
                out.extend_from_slice(&(len as u64).to_be_bytes());
            }
        },
    }
}

/// Takes a string from the front of `input`; None if there is none, or it is longer than `len_max` bytes.
pub fn read(input: &mut &[u8], len_max: usize) -> Option<Vec<u8>> {
    let first = take(input, 1)?.first().copied()?;
    let text = match (first >> 6, first & 0x3f) {
        (3, 0) => i8::from_le_bytes(array(input)?).to_string().into_bytes(),
        (3, 1) => i16::from_le_bytes(array(input)?).to_string().into_bytes(),
        (3, 2) => i32::from_le_bytes(array(input)?).to_string().into_bytes(),
        (3, 3) => {
            let (packed, len) = (length(input)?, length(input)?);
            let packed = take(input, packed)?;
            return if len <= len_max { lzf::unpack(packed, len) } else { None };
        }
        (3, _) => return None,
        _ => {
            let len = length_of(first, input)?;
            if len > len_max {
                return None;
            }
            take(input, len)?.to_vec()
        }
    };
    Some(text)
}

/// Takes a length from the front of `input`.
pub(super) fn length(input: &mut &[u8]) -> Option<usize> {
    let first = take(input, 1)?.first().copied()?;
    length_of(first, input)
}

/// How many bytes the string in front of `input` has, unpacked, if it is as long as it says; 0 of a number. None if it cannot be so long.
pub(super) fn unpacked_len(input: &[u8]) -> Option<usize> {
    let mut rest = input;
    let first = take(&mut rest, 1)?.first().copied()?;
    match (first >> 6, first & 0x3f) {
        (3, 3) => {
            let (packed, len) = (length(&mut rest)?, length(&mut rest)?);
            (packed <= rest.len() && len <= lzf::len_max(packed)).then_some(len)
        }
        (3, _) => Some(0),
        _ => length_of(first, &mut rest).filter(|len| *len <= rest.len()),
    }
}

fn length_of(first: u8, input: &mut &[u8]) -> Option<usize> {
    match (first >> 6, first) {
        (0, _) => Some(usize::from(first)),
        (1, _) => Some(usize::from(first & 0x3f) << 8 | usize::from(*take(input, 1)?.first()?)),
        (_, 0x80) => usize::try_from(u32::from_be_bytes(array(input)?)).ok(),
        (_, 0x81) => usize::try_from(u64::from_be_bytes(array(input)?)).ok(),
        _ => None,
    }
}

/// Takes so many bytes.
pub(super) fn array<const LEN: usize>(input: &mut &[u8]) -> Option<[u8; LEN]> {
    take(input, LEN)?.try_into().ok()
}

/// Takes `len` bytes.
pub(super) fn take<'a>(input: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, rest) = input.split_at_checked(len)?;
    *input = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_any_length_are_read_as_they_were_written() {
        for len in [0, 1, 63, 64, 255, 16383, 16384, 70000] {
            let text = vec![b'x'; len];
            let mut bytes = Vec::new();
            write(&text, &mut bytes);
            assert_eq!(read(&mut bytes.as_slice(), len).as_ref(), Some(&text), "{len}");
            if let Some(less) = len.checked_sub(1) {
                assert_eq!(read(&mut bytes.as_slice(), less), None, "{len}");
                assert_eq!(read(&mut &bytes[..bytes.len() - 1], len), None, "{len}");
            }
        }
    }

    #[test]
    fn numbers_and_compressed_bytes_are_read() {
        for (bytes, text) in [
            (&b"\xc0\xff"[..], &b"-1"[..]),
            (b"\xc1\x00\x80", b"-32768"),
            (b"\xc2\x15\xcd\x5b\x07", b"123456789"),
            (b"\xc3\x09\x0f\x02abc\xe0\x02\x02\x00!", b"abcabcabcabcab!"),
        ] {
            assert_eq!(read(&mut &bytes[..], 15).as_deref(), Some(text));
        }
        assert_eq!(read(&mut &b"\xc3\x09\x0f\x02abc\xe0\x02\x02\x00!"[..], 14), None);
        for bytes in [&b""[..], b"\xc4", b"\xc0", b"\x82", b"\xc3\x05\x14ab", b"\x81\xff\xff\xff\xff\xff\xff\xff\xff"] {
            assert_eq!(read(&mut &bytes[..], usize::MAX), None, "{bytes:?}");
        }
    }
}
