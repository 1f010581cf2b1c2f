//! The libraries of functions.
//!
//! What is written is taken apart field by field, so that a field that is added without a place here does not compile.

use std::io::{self, Read, Write};

use bytes::Bytes;

use super::chunk::{ChunkReader, ChunkWriter};
use super::error::Problem;
use crate::store::{Libraries, Library, LibraryFunction, Loaded, ScriptFlags};

pub(super) fn write(libraries: &Libraries, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.varint(libraries.iter().len() as u64)?;
    for library in libraries.iter() {
        let Library { name, code, functions, budget, memory, units, bytes, loaded: _ } = &**library;
        out.bytes(name)?;
        out.bytes(code)?;
        for number in [budget, memory, units, bytes] {
            out.varint(*number)?;
        }
        out.varint(functions.len() as u64)?;
        for LibraryFunction { name, description, flags } in functions {
            out.bytes(name)?;
            out.bool(description.is_some())?;
            if let Some(description) = description {
                out.bytes(description)?;
            }
            out.u8(flags.bits())?;
        }
    }
    Ok(())
}

/// Reads what [`write()`] wrote.
pub(super) fn read(libraries: &mut Libraries, input: &mut ChunkReader<impl Read>) -> Result<(), Problem> {
    let mut scratch = Vec::new();
    for _ in 0..input.varint()? {
        let mut library = Library {
            name: Bytes::copy_from_slice(input.bytes(&mut scratch)?),
            code: Bytes::copy_from_slice(input.bytes(&mut scratch)?),
            functions: Vec::new(),
            budget: input.varint()?,
            memory: input.varint()?,
            units: input.varint()?,
            bytes: input.varint()?,
            loaded: Loaded::default(),
        };
        for _ in 0..input.varint()? {
            let name = Bytes::copy_from_slice(input.bytes(&mut scratch)?);
            let has_description = input.bool()?;
            let description = if has_description { Some(input.bytes(&mut scratch)?) } else { None };
            let description = description.map(Bytes::copy_from_slice);
            let bits = input.u8()?;
            let flags = ScriptFlags::from_bits(bits);
            let flags = flags.ok_or_else(|| input.wrong(format!("flags {bits} of a function")))?;
            library.functions.push(LibraryFunction { name, description, flags });
        }
        libraries.add(library, false).map_err(|taken| input.wrong(format!("a name that stands twice: {taken:?}")))?;
    }
    Ok(())
}
