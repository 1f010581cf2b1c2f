//! Hashes: the number of fields, then each with its value.

use std::io::{self, Read, Write};

use super::{ChunkReader, ChunkWriter, HASH_LARGE, HASH_SMALL, Problem};
use crate::store::{Hash, ValueType};

pub(super) fn write(hash: &Hash, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.u8(if hash.is_large() { HASH_LARGE } else { HASH_SMALL })?;
    out.varint(hash.len() as u64)?;
    hash.iter().try_for_each(|(field, value)| {
        out.bytes(field)?;
        out.bytes(value)
    })
}

pub(super) fn read(tag: u8, input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<Hash, Problem> {
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
    let hash = Hash::from_parts(tag == HASH_LARGE, fields);
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
