//! The log entry: what the leader stamps and every node applies.
//!
//! Format 1, little-endian: a fixed head (format, kind, `now_ms`, the digest to compare and its index), a body by kind, and
//! the CRC32C of all before it. Lengths and counts in the body are LEB128. A batch's body holds argument vectors, not state.
//!
//! Invariants: `decode(encode(x)) == x`; nothing that fails its checksum or its bounds is ever applied; no length read from
//! an entry allocates more than the entry's own bytes; a later format keeps decoding this one.

mod batch;
pub mod own;
mod wire;

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::store::{DATABASES, Victim};
pub use batch::{Batch, BatchWriter, LogCommand};
pub use wire::put_number;
use wire::{get_bytes, get_number, get_text, get_u64, put_bytes};

/// The format that this binary writes.
pub const FORMAT: u8 = 1;
/// Longest sealed entry: none is longer than what can be sent to a peer (`peer/frame.rs`), or a quorum could never have it.
pub const ENTRY_LEN_MAX: usize = 160 * 1024 * 1024;
/// Bytes before the body.
pub const HEAD_LEN: usize = 26;
const CRC_LEN: usize = 4;

/// Why an entry cannot be read. Nothing of it is applied: the node stops.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Corrupt {
    /// Shorter than its parts.
    Truncated,
    /// The checksum differs.
    Checksum,
    /// A format that this binary does not know.
    Format(u8),
    /// A value outside its bounds.
    Invalid,
}

impl std::fmt::Display for Corrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Truncated => f.write_str("truncated"),
            Self::Checksum => f.write_str("wrong checksum"),
            Self::Format(format) => write!(f, "format {format}, which needs a newer binary"),
            Self::Invalid => f.write_str("invalid content"),
        }
    }
}

/// What the leader adds when it proposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp {
    /// Cluster time, ms since the Unix epoch.
    pub now_ms: u64,
    /// Index at which the leader's digest was `digest`; 0 = nothing to compare.
    pub digest_index: u64,
    /// See above.
    pub digest: u64,
}

/// What an entry is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// The cluster's beginning.
    Create {
        /// Random.
        cluster: u128,
        /// Nonce of the first node's directory.
        nonce: u64,
        /// Its peer address.
        peer_addr: String,
        /// Its client address.
        client_addr: String,
        /// Where revisions start.
        revision: u64,
        /// Feature level.
        level: u32,
        /// Replicated options that flags gave.
        options: Vec<(String, u64)>,
    },
    /// What one node has goes on as a cluster of its own (`--force-new-cluster`).
    Recreate {
        /// The new cluster's id, random.
        cluster: u128,
        /// The node's id: its only member.
        node: u64,
        /// Nonce of its directory.
        nonce: u64,
        /// Its peer address.
        peer_addr: String,
        /// Its client address.
        client_addr: String,
        /// Where revisions start, if they are not beyond it.
        revision: u64,
        /// Feature level, if there was none.
        level: u32,
    },
    /// A process of a node starts.
    Boot {
        /// Node id.
        node: u64,
        /// Drawn by the process.
        nonce: u64,
    },
    /// A process of a node shuts down gracefully.
    EndBoot {
        /// Its boot.
        boot: u64,
    },
    /// The leader has heard nothing of a node for so long that its boot ends. Since feature level 3.
    Absent {
        /// Its boot.
        boot: u64,
    },
    /// Keys give way for want of memory. Since feature level 3.
    Evict {
        /// 1, 2, 3 … of those that this leader proposes.
        number: u64,
        /// The leader needs memory, and no key is left that may go.
        is_none_left: bool,
        /// Which.
        victims: Vec<Victim>,
    },
    /// Commands of an origin.
    Batch(Batch),
    /// Only the stamp: a tick of the leader.
    Tick,
    /// The feature level rises: every member knows it.
    Raise {
        /// To this one, if it is not there yet.
        level: u32,
    },
}

/// A decoded entry.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    /// What the leader added.
    pub stamp: Stamp,
    /// What it is for.
    pub content: Content,
}

/// Starts an entry: the head is filled in by [`seal`].
fn head(kind: u8, capacity: usize) -> BytesMut {
    let mut out = BytesMut::with_capacity(HEAD_LEN + capacity + CRC_LEN);
    out.put_u8(FORMAT);
    out.put_u8(kind);
    out.put_bytes(0, HEAD_LEN - 2);
    out
}

/// Stamps an unsealed entry (head and body) and appends the checksum.
pub fn seal(mut unsealed: BytesMut, stamp: Stamp) -> Bytes {
    if let Some(mut head) = unsealed.get_mut(2..HEAD_LEN) {
        head.put_u64_le(stamp.now_ms);
        head.put_u64_le(stamp.digest_index);
        head.put_u64_le(stamp.digest);
    }
    let crc = crc32c::crc32c(&unsealed);
    unsealed.put_u32_le(crc);
    unsealed.freeze()
}

/// The cluster time that an entry carries, ms, without a look at the rest of it; 0 = none.
pub fn stamp_ms(sealed: &[u8]) -> u64 {
    let stamp = sealed.get(2..).and_then(|rest| rest.first_chunk::<8>());
    stamp.map_or(0, |stamp| u64::from_le_bytes(*stamp))
}

/// The unsealed form of a sealed entry, to be stamped again.
pub fn unseal(sealed: &[u8]) -> BytesMut {
    let body = sealed.get(..sealed.len().saturating_sub(CRC_LEN)).unwrap_or_default();
    let mut out = BytesMut::with_capacity(sealed.len());
    out.put_slice(body);
    out
}

/// Encodes everything but a batch, unsealed.
pub fn encode(content: &Content) -> BytesMut {
    match content {
        Content::Create { cluster, nonce, peer_addr, client_addr, revision, level, options } => {
            let mut out = head(1, 128);
            out.put_u128_le(*cluster);
            out.put_u64_le(*nonce);
            put_bytes(&mut out, peer_addr.as_bytes());
            put_bytes(&mut out, client_addr.as_bytes());
            out.put_u64_le(*revision);
            out.put_u32_le(*level);
            put_number(&mut out, options.len() as u64);
            for (name, value) in options {
                put_bytes(&mut out, name.as_bytes());
                out.put_u64_le(*value);
            }
            out
        }
        Content::Boot { node, nonce } => {
            let mut out = head(2, 16);
            out.put_u64_le(*node);
            out.put_u64_le(*nonce);
            out
        }
        Content::EndBoot { boot } => {
            let mut out = head(4, 8);
            out.put_u64_le(*boot);
            out
        }
        Content::Absent { boot } => {
            let mut out = head(8, 8);
            out.put_u64_le(*boot);
            out
        }
        Content::Evict { number, is_none_left, victims } => {
            let bytes = victims.iter().map(|victim| victim.key.len() + 24).sum::<usize>();
            let mut out = head(9, bytes + 16);
            out.put_u64_le(*number);
            out.put_u8(u8::from(*is_none_left));
            put_number(&mut out, victims.len() as u64);
            for Victim { db, key, revision, deadline_ms } in victims {
                out.put_u8(*db);
                put_number(&mut out, *revision);
                put_number(&mut out, *deadline_ms);
                put_bytes(&mut out, key);
            }
            out
        }
        Content::Batch(batch) => {
            let mut out = head(3, batch.commands.len() + 24);
            out.put_u64_le(batch.boot);
            out.put_u64_le(batch.seq);
            out.put_u64_le(batch.count);
            out.put_slice(&batch.commands);
            out
        }
        Content::Tick => head(5, 0),
        Content::Raise { level } => {
            let mut out = head(7, 4);
            out.put_u32_le(*level);
            out
        }
        Content::Recreate { cluster, node, nonce, peer_addr, client_addr, revision, level } => {
            let mut out = head(6, 128);
            out.put_u128_le(*cluster);
            out.put_u64_le(*node);
            out.put_u64_le(*nonce);
            put_bytes(&mut out, peer_addr.as_bytes());
            put_bytes(&mut out, client_addr.as_bytes());
            out.put_u64_le(*revision);
            out.put_u32_le(*level);
            out
        }
    }
}

/// True if a peer may ask the leader to propose this unsealed entry: a Boot, an EndBoot, or a batch of a boot.
pub fn is_forwardable(unsealed: &[u8]) -> bool {
    let (Some(&[FORMAT, kind]), Some(body)) = (unsealed.first_chunk::<2>(), unsealed.get(HEAD_LEN..)) else {
        return false;
    };
    match kind {
        2 | 4 => true,
        3 => body.first_chunk::<8>().is_some_and(|boot| u64::from_le_bytes(*boot) != 0),
        _ => false,
    }
}

/// Decodes a sealed entry.
///
/// # Errors
/// [`Corrupt`]: nothing of it may be used.
pub fn decode(sealed: &Bytes) -> Result<LogEntry, Corrupt> {
    let body_end = sealed.len().checked_sub(CRC_LEN).filter(|end| *end >= HEAD_LEN).ok_or(Corrupt::Truncated)?;
    let mut crc = sealed.slice(body_end..);
    if crc32c::crc32c(&sealed.slice(..body_end)) != crc.get_u32_le() {
        return Err(Corrupt::Checksum);
    }
    let mut rest = sealed.slice(..body_end);
    let format = rest.get_u8();
    if format != FORMAT {
        return Err(Corrupt::Format(format));
    }
    let kind = rest.get_u8();
    let stamp = Stamp { now_ms: rest.get_u64_le(), digest_index: rest.get_u64_le(), digest: rest.get_u64_le() };
    let content = match kind {
        1 => Content::Create {
            cluster: rest.try_get_u128_le().map_err(|_| Corrupt::Truncated)?,
            nonce: get_u64(&mut rest)?,
            peer_addr: get_text(&mut rest)?,
            client_addr: get_text(&mut rest)?,
            revision: get_u64(&mut rest)?,
            level: rest.try_get_u32_le().map_err(|_| Corrupt::Truncated)?,
            options: {
                let count = get_number(&mut rest)?;
                let mut options = Vec::new();
                for _ in 0..count {
                    options.push((get_text(&mut rest)?, get_u64(&mut rest)?));
                }
                options
            },
        },
        2 => Content::Boot { node: get_u64(&mut rest)?, nonce: get_u64(&mut rest)? },
        3 => {
            let (boot, seq, count) = (get_u64(&mut rest)?, get_u64(&mut rest)?, get_u64(&mut rest)?);
            Content::Batch(Batch { boot, seq, count, commands: rest.split_off(0) })
        }
        4 => Content::EndBoot { boot: get_u64(&mut rest)? },
        8 => Content::Absent { boot: get_u64(&mut rest)? },
        9 => Content::Evict {
            number: get_u64(&mut rest)?,
            is_none_left: match rest.try_get_u8().map_err(|_| Corrupt::Truncated)? {
                flag @ 0..=1 => flag == 1,
                _ => return Err(Corrupt::Invalid),
            },
            victims: {
                let count = get_number(&mut rest)?;
                let mut victims = Vec::new();
                for _ in 0..count {
                    victims.push(get_victim(&mut rest)?);
                }
                victims
            },
        },
        5 => Content::Tick,
        7 => Content::Raise { level: rest.try_get_u32_le().map_err(|_| Corrupt::Truncated)? },
        6 => Content::Recreate {
            cluster: rest.try_get_u128_le().map_err(|_| Corrupt::Truncated)?,
            node: get_u64(&mut rest)?,
            nonce: get_u64(&mut rest)?,
            peer_addr: get_text(&mut rest)?,
            client_addr: get_text(&mut rest)?,
            revision: get_u64(&mut rest)?,
            level: rest.try_get_u32_le().map_err(|_| Corrupt::Truncated)?,
        },
        _ => return Err(Corrupt::Invalid),
    };
    if rest.has_remaining() && !matches!(content, Content::Batch(_)) {
        return Err(Corrupt::Invalid);
    }
    Ok(LogEntry { stamp, content })
}

fn get_victim(rest: &mut Bytes) -> Result<Victim, Corrupt> {
    let db = rest.try_get_u8().map_err(|_| Corrupt::Truncated)?;
    if usize::from(db) >= DATABASES {
        return Err(Corrupt::Invalid);
    }
    let (revision, deadline_ms) = (get_number(rest)?, get_number(rest)?);
    Ok(Victim { db, key: (&*get_bytes(rest)?).into(), revision, deadline_ms })
}

#[cfg(test)]
mod tests;
