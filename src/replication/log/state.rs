//! What the log remembers of a group beside its entries: one small record, written in the same batch as whatever it
//! describes, so that the two can never disagree on disk.

use bytes::Bytes;

use crate::replication::codec::Decoder;
use crate::replication::codec::Malformed;
use crate::replication::codec::put_log_id_option;
use crate::replication::codec::put_vote_option;
use crate::replication::types::LogId;
use crate::replication::types::Vote;

/// Format of the log as a whole: of this record and of the entries beside it.
pub const FORMAT_VERSION: u16 = 1;

/// The newest vote, and which part of the log is valid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupState {
    /// The vote as last given.
    pub vote: Option<Vote>,
    /// The last entry known to be committed; may lag behind, never ahead.
    pub committed: Option<LogId>,
    /// The last entry removed behind a snapshot.
    pub purged: Option<LogId>,
    /// Index of the first entry; meaningless while there is none.
    pub first_index: u64,
    /// The last entry, or `purged` if there is none. What lies behind it in the files is a truncated tail.
    pub last: Option<LogId>,
}

/// Why a stored record cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub enum StateError {
    /// Written by another version of the software.
    Format(u16),
    /// Not what was written.
    Malformed(Malformed),
}

impl From<Malformed> for StateError {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

impl GroupState {
    /// Indexes of the entries: from the first to before the end.
    pub fn range(&self) -> (u64, u64) {
        match self.last {
            Some(last) if self.last != self.purged => (self.first_index, last.index + 1),
            _ => {
                let next = self.purged.map_or(0, |purged| purged.index + 1);
                (next, next)
            }
        }
    }

    /// The record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(110);
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        put_vote_option(&mut out, self.vote.as_ref());
        put_log_id_option(&mut out, self.committed.as_ref());
        put_log_id_option(&mut out, self.purged.as_ref());
        out.extend_from_slice(&self.first_index.to_le_bytes());
        put_log_id_option(&mut out, self.last.as_ref());
        out
    }

    /// Reads a record back.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, StateError> {
        let mut reader = Decoder::new(Bytes::from(bytes));
        let version = reader.u16()?;
        if version != FORMAT_VERSION {
            return Err(StateError::Format(version));
        }
        let state = Self {
            vote: reader.vote_option()?,
            committed: reader.log_id_option()?,
            purged: reader.log_id_option()?,
            first_index: reader.u64()?,
            last: reader.log_id_option()?,
        };
        reader.finish()?;
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replication::log::testing::id;

    #[test]
    fn a_state_survives_its_encoding() {
        let full = GroupState {
            vote: Some(Vote::new_committed(3, 2)),
            committed: Some(id(2, 7)),
            purged: Some(id(1, 4)),
            first_index: 5,
            last: Some(id(3, 9)),
        };
        for state in [full.clone(), GroupState::default()] {
            assert_eq!(GroupState::decode(state.encode()), Ok(state));
        }
        assert_eq!(full.range(), (5, 10));
        assert_eq!(GroupState { last: full.purged, ..full }.range(), (5, 5));
        assert_eq!(GroupState::default().range(), (0, 0));
    }

    #[test]
    fn another_format_version_is_named() {
        let mut bytes = GroupState::default().encode();
        bytes[0] = 9;
        assert_eq!(GroupState::decode(bytes), Err(StateError::Format(9)));
    }
}
