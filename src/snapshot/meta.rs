//! A snapshot's metadata, readable without the rest.

use std::io::{self, Read, Write};

use super::chunk::{ChunkReader, ChunkWriter, Kind};
use super::error::Problem;
use super::version::FORMAT_VERSION;
use crate::store::State;

/// Most bytes that Raft may add. With them the meta still fits one chunk.
const RAFT_LEN_MAX: usize = 512 * 1024;

/// A snapshot's place in the log, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The file's format; [`FORMAT_VERSION`] when written.
    pub format_version: u32,
    /// The Raft group.
    pub group: u64,
    /// The cluster, as in the state; 0 before it is created.
    pub cluster_id: u128,
    /// Index of the last log entry in it.
    pub last_index: u64,
    /// That entry's term.
    pub last_term: u64,
    /// What Raft wants to know again: membership and the like.
    pub raft: Vec<u8>,
    /// The feature level, as in the state.
    pub level: u32,
}

impl Meta {
    /// The meta of a snapshot of `image`, which is the state at this entry.
    pub fn of(image: &State, group: u64, last_index: u64, last_term: u64, raft: Vec<u8>) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            group,
            cluster_id: image.cluster.id,
            last_index,
            last_term,
            raft,
            level: image.cluster.level,
        }
    }

    /// Why this cannot be the meta of a snapshot of `image`, if so.
    fn mismatch(&self, image: &State) -> Option<&'static str> {
        [
            (self.cluster_id == image.cluster.id, "the meta names another cluster than the state"),
            (self.level == image.cluster.level, "the meta names another feature level than the state"),
            (self.raft.len() <= RAFT_LEN_MAX, "Raft's part of the meta is too long"),
        ]
        .into_iter()
        .find_map(|(fits, what)| (!fits).then_some(what))
    }

    pub(super) fn write(&self, image: &State, out: &mut ChunkWriter<'_, impl Write>) -> io::Result<()> {
        let written_now = self.format_version == FORMAT_VERSION;
        let mismatch = self.mismatch(image).or((!written_now).then_some("only the present format is written"));
        if let Some(what) = mismatch {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        let Self { format_version: _, group, cluster_id, last_index, last_term, raft, level } = self;
        out.varint(*group)?;
        out.raw(&cluster_id.to_le_bytes())?;
        out.varint(*last_index)?;
        out.varint(*last_term)?;
        out.bytes(raft)?;
        out.varint(u64::from(*level))?;
        out.begin(Kind::Body)
    }

    pub(super) fn read(input: &mut ChunkReader<impl Read>, format_version: u32) -> Result<Self, Problem> {
        Ok(Self {
            format_version,
            group: input.varint()?,
            cluster_id: u128::from_le_bytes(input.array()?),
            last_index: input.varint()?,
            last_term: input.varint()?,
            raft: input.bytes(&mut Vec::new())?.to_vec(),
            level: input.below(1 << 32, "feature level")? as u32,
        })
    }

    /// Refuses a state that this is not the meta of.
    pub(super) fn check(&self, state: &State) -> Result<(), String> {
        self.mismatch(state).map_or(Ok(()), |what| Err(what.into()))
    }
}
