//! Strings: the bytes.

use std::io::{self, Read, Write};

use super::{ChunkReader, ChunkWriter, Problem, STR, STR_EDITED, STR_TEXT, Str};

pub(super) fn write(string: &Str, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
    out.u8(match string {
        Str::Small(_) | Str::Large(_) => STR,
        Str::Edited(_) => STR_EDITED,
        Str::Text(_) => STR_TEXT,
    })?;
    out.bytes(string.as_bytes())
}

pub(super) fn read(tag: u8, input: &mut ChunkReader<impl Read>, scratch: &mut Vec<u8>) -> Result<Str, Problem> {
    let bytes = input.bytes(scratch)?;
    Ok(match tag {
        STR_EDITED => Str::Edited(bytes.into()),
        STR_TEXT => Str::Text(bytes.into()),
        _ => Str::new(bytes),
    })
}
