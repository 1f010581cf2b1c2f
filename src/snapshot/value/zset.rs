//! Sorted sets: the number of members, then each in order, with the bits of its score behind it.

use std::io::{self, Read, Write};

use super::{ChunkReader, ChunkWriter, Problem, ZSET_LARGE, ZSET_SMALL};
use crate::store::ZSet;

pub(super) fn write(set: &ZSet, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.u8(if set.is_large() { ZSET_LARGE } else { ZSET_SMALL })?;
    out.varint(set.len() as u64)?;
    set.iter().try_for_each(|(member, score)| {
        out.bytes(member)?;
        out.raw(&score.to_bits().to_le_bytes())
    })
}

pub(super) fn read(tag: u8, input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<ZSet, Problem> {
    let count = input.varint()?;
    // Whatever the count claims, they end with the bytes.
    let mut elements: Vec<(Box<[u8]>, f64)> = Vec::new();
    for _ in 0..count {
        let member = input.bytes(scratch)?.into();
        elements.push((member, f64::from_bits(u64::from_le_bytes(input.array()?))));
    }
    match ZSet::from_parts(tag == ZSET_LARGE, &elements) {
        Some(set) if set.is_empty() => Err(input.wrong("an empty sorted set")),
        Some(set) => Ok(set),
        None => Err(input.wrong("a sorted set out of order, or with a member that stands twice")),
    }
}
