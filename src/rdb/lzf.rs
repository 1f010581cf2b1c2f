//! LZF (Marc Lehmann's liblzf): runs of literal bytes, and references to what stands before.

/// The most that so many bytes unpack to: a reference of three gives 264.
pub fn len_max(packed: usize) -> usize {
    packed.saturating_mul(264)
}

/// Unpacks to exactly `len` bytes; None if that is not what `packed` holds. No more than the result is ever allocated, and
/// no more than its length claims and its bytes give.
pub fn unpack(packed: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut out: Vec<u8> = Vec::with_capacity(len.min(len_max(packed.len())));
    let mut rest = packed;
    while let Some((&control, tail)) = rest.split_first() {
        rest = tail;
        let control = usize::from(control);
        if control < 32 {
            let (literal, tail) = rest.split_at_checked(control + 1)?;
            out.extend_from_slice(literal);
            rest = tail;
        } else {
            let mut count = control >> 5;
            if count == 7 {
                let (&more, tail) = rest.split_first()?;
                count += usize::from(more);
                rest = tail;
            }
            let (&low, tail) = rest.split_first()?;
            rest = tail;
            let back = ((control & 31) << 8 | usize::from(low)) + 1;
            let from = out.len().checked_sub(back)?;
            // What is copied may be part of the copy.
            for at in from..from + count + 2 {
                out.push(*out.get(at)?);
            }
        }
        if out.len() > len {
            return None;
        }
    }
    (out.len() == len).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_may_reach_into_their_own_copy() {
        // "abc", then 3 back for 9 + 2, then "!".
        assert_eq!(unpack(b"\x02abc\xe0\x02\x02\x00!", 15).as_deref(), Some(&b"abcabcabcabcab!"[..]));
        assert_eq!(unpack(b"\x00a\x20\x00", 4).as_deref(), Some(&b"aaaa"[..]));
    }

    #[test]
    fn damaged_bytes_are_refused() {
        for packed in [&b"\x02ab"[..], b"\x20\x00", b"\x00a\x20\x01", b"\xe0", b"\x00a\xe0\xff", b"\x00a"] {
            for len in [0, 2, 3, 4, 1 << 20] {
                assert_eq!(unpack(packed, len), None, "{packed:?} {len}");
            }
        }
    }
}
