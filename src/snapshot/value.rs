//! Values: a tag for type and representation, then the body. A new type, or a new form of one, takes a new tag; a tag
//! keeps its meaning for ever.

use std::io::{self, Read, Write};

use super::chunk::{ChunkReader, ChunkWriter};
use super::error::Problem;
use crate::store::{Hash, Str, Value};

/// A string as [`Str::new`] makes it.
const STR: u8 = 1;
/// A string that a command has edited in place.
const STR_EDITED: u8 = 2;
/// A hash in its small representation, fields in its order.
const HASH_SMALL: u8 = 3;
/// A hash in its large representation, fields in its order.
const HASH_LARGE: u8 = 4;
/// A string as [`Str::text`] makes it, where that differs from [`STR`].
const STR_TEXT: u8 = 5;

pub(super) fn write(value: &Value, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    match value {
        Value::Str(s) => {
            out.u8(match s {
                Str::Small(_) | Str::Large(_) => STR,
                Str::Edited(_) => STR_EDITED,
                Str::Text(_) => STR_TEXT,
            })?;
            out.bytes(s.as_bytes())
        }
        Value::Hash(hash) => {
            out.u8(if hash.is_large() { HASH_LARGE } else { HASH_SMALL })?;
            out.varint(hash.len() as u64)?;
            hash.iter().try_for_each(|(field, value)| {
                out.bytes(field)?;
                out.bytes(value)
            })
        }
    }
}

pub(super) fn read(input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<Value, Problem> {
    match input.u8()? {
        STR => Ok(Value::Str(Str::new(input.bytes(scratch)?))),
        STR_EDITED => Ok(Value::Str(Str::Edited(input.bytes(scratch)?.into()))),
        STR_TEXT => Ok(Value::Str(Str::Text(input.bytes(scratch)?.into()))),
        HASH_SMALL => hash(false, input, scratch),
        HASH_LARGE => hash(true, input, scratch),
        tag => Err(input.wrong(format!("a value of the unknown type {tag}"))),
    }
}

fn hash(large: bool, input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<Value, Problem> {
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
    let hash = Hash::from_parts(large, fields);
    match problem {
        Some(problem) => Err(problem),
        None if hash.is_empty() => Err(input.wrong("an empty hash")),
        None if hash.len() as u64 != count || has_twin(&hash) => {
            Err(input.wrong("a hash with a field that stands twice"))
        }
        None => Ok(Value::Hash(Box::new(hash))),
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
