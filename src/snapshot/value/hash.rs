//! Hashes: the number of fields, then each with its value; if they may end, behind that whether any does, and the sorted set of their ends.

use std::io::{self, Read, Write};

use super::{
    ChunkReader, ChunkWriter, HASH_LARGE, HASH_LARGE_TIMED, HASH_SMALL, HASH_SMALL_TIMED, Problem, ZSET_LARGE,
    ZSET_SMALL, zset,
};
use crate::store::{Hash, ValueType, ZSet};

pub(super) fn write(hash: &Hash, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.u8(match (hash.is_large(), hash.ends()) {
        (true, None) => HASH_LARGE,
        (false, None) => HASH_SMALL,
        (true, Some(_)) => HASH_LARGE_TIMED,
        (false, Some(_)) => HASH_SMALL_TIMED,
    })?;
    out.varint(hash.len() as u64)?;
    hash.iter().try_for_each(|(field, value)| {
        out.bytes(field)?;
        out.bytes(value)
    })?;
    let Some(ends) = hash.ends() else { return Ok(()) };
    out.bool(!ends.is_empty())?;
    if ends.is_empty() { Ok(()) } else { zset::write(ends.as_set(), out) }
}

pub(super) fn read(tag: u8, input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<Hash, Problem> {
    let hash = read_fields(tag, input, scratch)?;
    if !matches!(tag, HASH_SMALL_TIMED | HASH_LARGE_TIMED) {
        return Ok(hash);
    }
    let ends = if input.bool()? { read_ends(input, scratch)? } else { ZSet::default() };
    hash.with_ends(ends).ok_or_else(|| input.wrong("the end of a field that is not there, or is none"))
}

fn read_ends(input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<ZSet, Problem> {
    match input.u8()? {
        tag @ (ZSET_SMALL | ZSET_LARGE) => zset::read(tag, input, scratch),
        tag => Err(input.wrong(format!("ends of fields of the unknown type {tag}"))),
    }
}

fn read_fields(tag: u8, input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<Hash, Problem> {
    let count = input.varint()?;
    let mut problem = None;
    // One field at a time goes from the file into the hash; whatever the count claims, it ends with the bytes.
    let fields = (0..count).map_while(|_| match field(input, scratch) {
        Ok(field) => Some(field),
        Err(found) => {
            problem = Some(found);
            None
        }
    });
    let hash = Hash::from_parts(matches!(tag, HASH_LARGE | HASH_LARGE_TIMED), fields);
    match problem {
        Some(problem) => Err(problem),
        None if hash.is_empty() => Err(input.wrong("an empty hash")),
        None if hash.len() as u64 != count || has_twin(&hash) => {
            Err(input.wrong("a hash with a field that stands twice"))
        }
        None => Ok(hash),
    }
}

/// True if a field stands twice: a small hash is a list, which would take it; in a large one it is missing from the count.
fn has_twin(hash: &Hash) -> bool {
    !hash.is_large() && hash.validate().is_err()
}

type Bytes = Box<[u8]>;

fn field(input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<(Bytes, Bytes), Problem> {
    Ok((input.bytes(scratch)?.into(), input.bytes(scratch)?.into()))
}
