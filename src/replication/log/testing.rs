//! Entries and ids for this folder's tests.

use bytes::Bytes;

use crate::replication::types::CommittedLeaderId;
use crate::replication::types::Entry;
use crate::replication::types::EntryPayload;
use crate::replication::types::LogId;
use crate::replication::types::Payload;
use openraft::vote::RaftLeaderId;

/// A log id of node 1.
pub fn id(term: u64, index: u64) -> LogId {
    LogId { leader_id: CommittedLeaderId::new(term, 1), index }
}

/// An entry whose `len` bytes tell term and index.
pub fn entry(term: u64, index: u64, len: usize) -> Entry {
    let pattern = (term * 1_000_003 + index).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes();
    let bytes: Bytes = pattern.iter().copied().cycle().take(len).collect();
    Entry { log_id: id(term, index), payload: EntryPayload::Normal(Payload(bytes)) }
}
