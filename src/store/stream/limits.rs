//! Up to where entries stand together, as `stream-node-max-bytes` and `stream-node-max-entries` say it.

use crate::store::Options;

/// Most bytes of a chunk, whatever the option says: a write copies one.
pub(super) const CHUNK_BYTES_MAX: u64 = 1 << 20;

/// Up to where entries stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// Bytes of Redis's form of a chunk.
    pub bytes_max: u64,
    /// Entries of a chunk, those that were deleted included; 0 = any number.
    pub entries_max: u64,
}

impl From<&Options> for StreamLimits {
    fn from(options: &Options) -> Self {
        let bytes_max = match options.stream_chunk_bytes_max {
            0 => CHUNK_BYTES_MAX,
            bytes => bytes.min(CHUNK_BYTES_MAX),
        };
        Self { bytes_max, entries_max: options.stream_chunk_entries_max }
    }
}

impl StreamLimits {
    /// How many entries a trim removes at most that need not be exact, unless it says so.
    pub fn trimmed_max(self) -> u64 {
        match self.entries_max.saturating_mul(100) {
            0 => 10_000,
            entries => entries.min(1_000_000),
        }
    }
}
