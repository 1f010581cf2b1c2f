//! The frame of a snapshot file, and the few forms of numbers and strings inside it.
//!
//! ```text
//! file   = magic[8] version:u32 crc:u32  chunk*
//! chunk  = kind:u8 index:u32 len:u32 payload_crc:u32 header_crc:u32  payload[len]
//! ```
//!
//! Numbers of the frame are little-endian, checksums CRC32C. Those of the payload are LEB128 ("varint": 7 bits per byte,
//! low ones first, at most 10 bytes), strings have their length in front.
//!
//! The header's own checksum tells a flipped bit in a length from a file that ends too early. A chunk's number and the hash
//! over the whole file in the end record find chunks that are missing, repeated, or of another file.

mod input;
mod output;

pub(super) use input::ChunkReader;
pub(super) use output::ChunkWriter;

/// Most bytes in a chunk's payload.
pub(super) const CHUNK_LEN_MAX: usize = 1024 * 1024;

const MAGIC: &[u8; 8] = b"LOCKSNAP";
/// Bytes before the first chunk.
pub(super) const FILE_HEADER_LEN: usize = 16;
/// Bytes before a chunk's payload.
pub(super) const CHUNK_HEADER_LEN: usize = 17;
/// Bytes of a chunk's header that its own checksum covers.
const CHECKED_LEN: usize = CHUNK_HEADER_LEN - 4;

/// What a chunk holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The [`super::Meta`], whole.
    Meta = 1,
    /// A part of the sections.
    Body = 2,
    /// Totals; nothing follows.
    End = 3,
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        [Self::Meta, Self::Body, Self::End].into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// What the end record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Totals {
    /// Keys of all databases.
    pub keys: u64,
    /// Chunks before the end record.
    pub chunks: u64,
    /// Bytes before the end record's chunk.
    pub bytes: u64,
    /// XXH3 of those bytes.
    pub hash: u64,
}
