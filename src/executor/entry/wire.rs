//! The parts that entries are made of: numbers, bytes, argument vectors.
//!
//! Invariant: no length that is read allocates or reaches beyond the bytes that are there.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::Corrupt;
use crate::protocol::Args;

pub(super) fn put_args(out: &mut BytesMut, args: &Args) {
    put_number(out, args.len() as u64);
    for arg in args.iter() {
        put_bytes(out, arg);
    }
}

pub(super) fn get_args(rest: &mut Bytes) -> Result<Args, Corrupt> {
    let count = get_number(rest)?;
    let whole = rest.clone();
    let mut ranges = smallvec::SmallVec::<[(u32, u32); 5]>::new();
    for _ in 0..count {
        let len = get_number(rest)?;
        let len = usize::try_from(len).ok().filter(|len| *len <= rest.remaining()).ok_or(Corrupt::Truncated)?;
        let start = whole.len() - rest.remaining();
        let end = u32::try_from(start + len).map_err(|_| Corrupt::Invalid)?;
        ranges.push((start as u32, end));
        rest.advance(len);
    }
    Ok(Args::new(whole, ranges))
}

/// Appends a number in LEB128.
pub fn put_number(out: &mut BytesMut, mut number: u64) {
    while number >= 0x80 {
        out.put_u8((number as u8) | 0x80);
        number >>= 7;
    }
    out.put_u8(number as u8);
}

pub(super) fn put_bytes(out: &mut BytesMut, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.put_slice(bytes);
}

pub(super) fn get_u8(rest: &mut Bytes) -> Result<u8, Corrupt> {
    rest.try_get_u8().map_err(|_| Corrupt::Truncated)
}

pub(super) fn get_u64(rest: &mut Bytes) -> Result<u64, Corrupt> {
    rest.try_get_u64_le().map_err(|_| Corrupt::Truncated)
}

pub(super) fn get_number(rest: &mut Bytes) -> Result<u64, Corrupt> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = get_u8(rest)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Corrupt::Invalid)
}

pub(super) fn get_bytes(rest: &mut Bytes) -> Result<Bytes, Corrupt> {
    let len = usize::try_from(get_number(rest)?).map_err(|_| Corrupt::Invalid)?;
    if len > rest.remaining() {
        return Err(Corrupt::Truncated);
    }
    Ok(rest.split_to(len))
}

pub(super) fn get_text(rest: &mut Bytes) -> Result<String, Corrupt> {
    String::from_utf8(get_bytes(rest)?.to_vec()).map_err(|_| Corrupt::Invalid)
}
