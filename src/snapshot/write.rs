//! From an image to bytes.

use std::io::{self, Write};

use super::chunk::{CHUNK_LEN_MAX, ChunkWriter};
use super::{FORMAT_VERSION, Meta, keys, sections};
use crate::store::State;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Keys of all databases.
    pub keys: u64,
    /// Chunks, the end record included.
    pub chunks: u64,
    /// Length of the file.
    pub bytes: u64,
    /// XXH3 of all before the end record: equal for equal states and metas.
    pub hash: u64,
}

/// Writes a snapshot of `image` to `out`, in pieces of about 1 MiB; the caller makes it durable. Takes as long as `out`
/// and about a second for a million small keys, so it belongs on a thread that nobody waits for; to stop it, let `out` fail.
///
/// # Errors
/// Those of `out`; `InvalidInput` if `meta` is not that of `image` (see [`Meta::of`]).
pub fn write(image: &State, meta: &Meta, out: &mut impl Write) -> io::Result<Summary> {
    write_chunked(image, meta, out, CHUNK_LEN_MAX)
}

/// The same with chunks of this length at most.
pub(super) fn write_chunked(
    image: &State,
    meta: &Meta,
    out: &mut impl Write,
    chunk_len_max: usize,
) -> io::Result<Summary> {
    let mut out = ChunkWriter::new(out, FORMAT_VERSION, chunk_len_max)?;
    meta.write(image, &mut out)?;
    sections::write(image, &mut out)?;
    let keys = keys::write(image, &mut out)?;
    let (totals, bytes) = out.finish(keys)?;
    Ok(Summary { keys, chunks: totals.chunks + 1, bytes, hash: totals.hash })
}
