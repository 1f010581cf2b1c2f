//! From bytes to a state.

use std::io::Read;

use super::chunk::ChunkReader;
use super::error::Problem;
use super::{FORMAT_VERSION, Meta, SnapshotError, keys, sections};
use crate::store::State;

/// A snapshot being read: first its [`Meta`], then, if wanted, the state.
pub struct SnapshotReader<R> {
    chunks: ChunkReader<R>,
    meta: Meta,
    file: String,
}

impl<R: Read> SnapshotReader<R> {
    /// Reads the meta. `file` names the input in errors. No buffer is needed around `input`.
    ///
    /// # Errors
    /// Damage in the part read, a later format, or those of `input`.
    pub fn new(input: R, file: &str) -> Result<Self, SnapshotError> {
        let open = || {
            let (mut chunks, version) = ChunkReader::new(input, FORMAT_VERSION)?;
            let meta = Meta::read(&mut chunks, version)?;
            Ok((chunks, meta))
        };
        let (chunks, meta) = open().map_err(|problem: Problem| problem.of(file))?;
        Ok(Self { chunks, meta, file: file.into() })
    }

    /// The snapshot's metadata.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Reads the rest, to the end of `input`. The state has passed [`State::validate`].
    ///
    /// # Errors
    /// Any damage; nothing is kept then.
    pub fn read_state(self) -> Result<(Meta, State), SnapshotError> {
        let Self { mut chunks, meta, file } = self;
        let mut state = State::default();
        let version = meta.format_version;
        let keys = read_sections(&mut state, version, &mut chunks).map_err(|problem| problem.of(&file))?;
        let contents = state.validate().and_then(|()| meta.check(&state)).map_err(|what| chunks.wrong(what));
        // Totals first: where a checksum speaks, it is the better explanation.
        chunks.finish(keys).and(contents).map_err(|problem| problem.of(&file))?;
        Ok((meta, state))
    }
}

fn read_sections<R: Read>(state: &mut State, version: u32, chunks: &mut ChunkReader<R>) -> Result<u64, Problem> {
    chunks.enter(super::chunk::Kind::Body)?;
    sections::read(state, version, chunks)?;
    keys::read(state, chunks)
}
