//! Binary forms of what openraft exchanges and stores, for the log and the peer protocol alike.
//!
//! Invariants
//! - Little-endian; variable parts are preceded by their length; an [`Entry`] starts with a format version.
//! - Every value has exactly one encoding: what decodes encodes to the same bytes again.
//! - Decoding allocates nothing by a length or count that it has only read, but by bytes that are there; it never panics.
//!
//! Deliberately absent: checksums. Entries of ours carry one, which is checked before they are applied, the log's records carry
//! theirs, and a batch on its way to the leader its origin's.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

use bytes::Buf;
use bytes::Bytes;
use openraft::vote::RaftLeaderId;

use super::types::CommittedLeaderId;
use super::types::Entry;
use super::types::EntryPayload;
use super::types::LogId;
use super::types::Membership;
use super::types::Payload;
use super::types::Peer;
use super::types::SnapshotMeta;
use super::types::StoredMembership;
use super::types::Vote;

/// First byte of an encoded entry.
pub const ENTRY_VERSION: u8 = 1;

const BLANK: u8 = 0;
const NORMAL: u8 = 1;
const MEMBERSHIP: u8 = 2;

/// Bytes that are no encoding of what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// Takes values from the front of a message. Payloads are slices of it, not copies.
#[derive(Clone, Debug)]
pub struct Decoder(Bytes);

impl Decoder {
    /// Reads from the start of `bytes`.
    pub fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// Bytes not yet read.
    pub fn remaining(&self) -> usize {
        self.0.len()
    }

    /// Fails unless everything was read.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed("message: bytes left over")) }
    }

    fn need(&self, len: usize) -> Result<(), Malformed> {
        if self.0.len() >= len { Ok(()) } else { Err(Malformed("message: too short")) }
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        self.need(1)?;
        Ok(self.0.get_u8())
    }

    /// Two bytes.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.need(2)?;
        Ok(self.0.get_u16_le())
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.need(4)?;
        Ok(self.0.get_u32_le())
    }

    /// Eight bytes.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.need(8)?;
        Ok(self.0.get_u64_le())
    }

    /// A byte that is 0 or 1.
    pub fn bool(&mut self) -> Result<bool, Malformed> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed("flag")),
        }
    }

    /// A string of bytes after its length (u32).
    pub fn bytes(&mut self) -> Result<Bytes, Malformed> {
        let len = self.u32()? as usize;
        self.need(len)?;
        Ok(self.0.split_to(len))
    }

    /// A text in UTF-8 after its length in bytes (u32).
    pub fn text(&mut self) -> Result<String, Malformed> {
        String::from_utf8(self.bytes()?.to_vec()).map_err(|_| Malformed("text"))
    }

    /// A log id.
    pub fn log_id(&mut self) -> Result<LogId, Malformed> {
        let leader_id = CommittedLeaderId::new(self.u64()?, self.u64()?);
        Ok(LogId { leader_id, index: self.u64()? })
    }

    /// A flag, and a log id if it is set.
    pub fn log_id_option(&mut self) -> Result<Option<LogId>, Malformed> {
        if self.bool()? { self.log_id().map(Some) } else { Ok(None) }
    }

    /// A vote.
    pub fn vote(&mut self) -> Result<Vote, Malformed> {
        let (term, node) = (self.u64()?, self.u64()?);
        Ok(if self.bool()? { Vote::new_committed(term, node) } else { Vote::new(term, node) })
    }

    /// A flag, and a vote if it is set.
    pub fn vote_option(&mut self) -> Result<Option<Vote>, Malformed> {
        if self.bool()? { self.vote().map(Some) } else { Ok(None) }
    }

    /// A membership that is valid: no set of voters is empty, every voter has an address.
    pub fn membership(&mut self) -> Result<Membership, Malformed> {
        let mut configs = Vec::new();
        for _ in 0..self.u8()? {
            configs.push(self.ascending_ids()?);
        }
        let mut nodes = BTreeMap::new();
        for _ in 0..self.u32()? {
            let id = self.u64()?;
            if nodes.last_key_value().is_some_and(|(last, _)| *last >= id) {
                return Err(Malformed("membership: order of nodes"));
            }
            nodes.insert(id, Peer { addr: self.text()? });
        }
        Membership::new(configs, nodes).map_err(|_| Malformed("membership"))
    }

    fn ascending_ids(&mut self) -> Result<BTreeSet<u64>, Malformed> {
        let mut ids = BTreeSet::new();
        for _ in 0..self.u32()? {
            let id = self.u64()?;
            if ids.last().is_some_and(|last| *last >= id) {
                return Err(Malformed("membership: order of voters"));
            }
            ids.insert(id);
        }
        Ok(ids)
    }

    /// A membership and where it stands in the log.
    pub fn stored_membership(&mut self) -> Result<StoredMembership, Malformed> {
        let log_id = self.log_id_option()?;
        Ok(StoredMembership::new(log_id, self.membership()?))
    }

    /// What a snapshot says of itself.
    pub fn snapshot_meta(&mut self) -> Result<SnapshotMeta, Malformed> {
        Ok(SnapshotMeta { last_log_id: self.log_id_option()?, last_membership: self.stored_membership()? })
    }

    /// A log entry.
    pub fn entry(&mut self) -> Result<Entry, Malformed> {
        if self.u8()? != ENTRY_VERSION {
            return Err(Malformed("entry: unknown format version"));
        }
        let log_id = self.log_id()?;
        let payload = match self.u8()? {
            BLANK => EntryPayload::Blank,
            NORMAL => EntryPayload::Normal(Payload(self.bytes()?)),
            MEMBERSHIP => EntryPayload::Membership(self.membership()?),
            _ => return Err(Malformed("entry: unknown kind")),
        };
        Ok(Entry { log_id, payload })
    }
}

/// Appends a string of bytes after its length.
///
/// Whoever makes the bytes bounds them well below 4 GiB (a batch, an address).
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    debug_assert!(u32::try_from(bytes.len()).is_ok());
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Appends a log id.
pub fn put_log_id(out: &mut Vec<u8>, id: &LogId) {
    out.extend_from_slice(&id.leader_id.term.to_le_bytes());
    out.extend_from_slice(&id.leader_id.node_id.to_le_bytes());
    out.extend_from_slice(&id.index.to_le_bytes());
}

/// Appends a flag and, if there is one, a log id.
pub fn put_log_id_option(out: &mut Vec<u8>, id: Option<&LogId>) {
    out.push(u8::from(id.is_some()));
    if let Some(id) = id {
        put_log_id(out, id);
    }
}

/// Appends a vote.
pub fn put_vote(out: &mut Vec<u8>, vote: &Vote) {
    out.extend_from_slice(&vote.leader_id.term.to_le_bytes());
    out.extend_from_slice(&vote.leader_id.node_id.to_le_bytes());
    out.push(u8::from(vote.committed));
}

/// Appends a flag and, if there is one, a vote.
pub fn put_vote_option(out: &mut Vec<u8>, vote: Option<&Vote>) {
    out.push(u8::from(vote.is_some()));
    if let Some(vote) = vote {
        put_vote(out, vote);
    }
}

/// Appends a membership.
pub fn put_membership(out: &mut Vec<u8>, membership: &Membership) {
    let configs = membership.get_joint_config();
    debug_assert!(configs.len() <= 2, "a joint configuration has two parts");
    out.push(configs.len() as u8);
    for config in configs {
        out.extend_from_slice(&(config.len() as u32).to_le_bytes());
        for id in config {
            out.extend_from_slice(&id.to_le_bytes());
        }
    }
    out.extend_from_slice(&(membership.nodes().count() as u32).to_le_bytes());
    for (id, peer) in membership.nodes() {
        out.extend_from_slice(&id.to_le_bytes());
        put_bytes(out, peer.addr.as_bytes());
    }
}

/// Appends a membership and where it stands in the log.
pub fn put_stored_membership(out: &mut Vec<u8>, stored: &StoredMembership) {
    put_log_id_option(out, stored.log_id().as_ref());
    put_membership(out, stored.membership());
}

/// Appends what a snapshot says of itself.
pub fn put_snapshot_meta(out: &mut Vec<u8>, meta: &SnapshotMeta) {
    put_log_id_option(out, meta.last_log_id.as_ref());
    put_stored_membership(out, &meta.last_membership);
}

/// Appends a log entry.
pub fn put_entry(out: &mut Vec<u8>, entry: &Entry) {
    out.push(ENTRY_VERSION);
    put_log_id(out, &entry.log_id);
    match &entry.payload {
        EntryPayload::Blank => out.push(BLANK),
        EntryPayload::Normal(payload) => {
            out.push(NORMAL);
            put_bytes(out, &payload.0);
        }
        EntryPayload::Membership(membership) => {
            out.push(MEMBERSHIP);
            put_membership(out, membership);
        }
    }
}

/// Length in bytes of an entry's encoding, but for a membership, whose small encoding is only estimated.
pub fn entry_size(entry: &Entry) -> usize {
    const FIXED: usize = 1 + 24 + 1;
    match &entry.payload {
        EntryPayload::Blank => FIXED,
        EntryPayload::Normal(payload) => FIXED + 4 + payload.0.len(),
        EntryPayload::Membership(membership) => FIXED + 32 + 64 * membership.nodes().count(),
    }
}

#[cfg(test)]
mod tests;
