//! What members say to each other. Everything that a leader sends carries its clock, ns: 0 if it has none, or if no quorum answers it, so
//! that nobody says of it that it leads.

mod parts;

use bytes::{BufMut, Bytes};
use openraft::raft::{AppendEntriesRequest, AppendEntriesResponse, TransferLeaderRequest, VoteRequest, VoteResponse};

pub use self::parts::{append, appended, put_append, put_appended};
use self::parts::{
    leader, put_leader, put_reading, put_vote_request, put_vote_response, reading, vote_request, vote_response,
};
use super::super::codec::{Decoder, Malformed, put_bytes, put_log_id_option, put_vote};
use super::super::origin::Leader;
use super::super::standing::Standing;
use super::super::types::TypeConfig;
use crate::store::SAMPLE_MAX;
use crate::sys::clock::Reading;

/// Frame kinds of the streams.
pub const APPEND: u8 = 20;
/// The answer to [`APPEND`].
pub const APPENDED: u8 = 21;
/// A batch for the leader: stream, seq, then the unsealed entry.
pub const FORWARD: u8 = 30;
/// Its refusal: stream, seq, and how much room the leader's disk has (0 = enough: it was refused for another reason).
pub const REJECTED: u8 = 31;
/// A snapshot's head: vote and meta.
pub const SNAPSHOT_HEAD: u8 = 40;
/// A piece of it.
pub const SNAPSHOT_PIECE: u8 = 41;
/// Its end.
pub const SNAPSHOT_END: u8 = 42;
/// The receiver's answer.
pub const SNAPSHOT_DONE: u8 = 43;
/// Asks for a snapshot that covers an index.
pub const SNAPSHOT_WANTED: u8 = 44;
/// A question; answered by [`ANSWER`] with the same number.
pub const QUESTION: u8 = 1;
/// An answer.
pub const ANSWER: u8 = 2;

/// Asked on a control connection.
#[derive(Debug, Clone)]
pub enum Question {
    /// openraft's vote request.
    Vote(VoteRequest<TypeConfig>),
    /// openraft's pre-vote request.
    PreVote(VoteRequest<TypeConfig>),
    /// A heartbeat, with the leader's clock, ns (0: it has none).
    Append(u64, AppendEntriesRequest<TypeConfig>),
    /// openraft's leader transfer.
    Transfer(TransferLeaderRequest<TypeConfig>),
    /// A follower asks its leader.
    ReadIndex {
        /// The leader that it means.
        leader: Leader,
        /// True if its own vote is this leader's and it is a voter.
        confirms: bool,
    },
    /// A member asks the leader how the members are.
    Standings,
    /// A member asks the leader to hand the lead to a voter.
    HandOver(u64),
    /// A new leader asks a member for its clock.
    Clock,
    /// A leader asks whether a voter's vote is still its own.
    Confirm {
        /// Itself.
        leader: Leader,
    },
    /// A member tells which keys its clients have read.
    Reads {
        /// How many reads each stands for.
        weight: u32,
        /// Databases and positions ([`crate::store::Accesses`]).
        keys: Vec<u64>,
    },
    /// What one front end asks another, which neither of the groups understands: see [`super::super::Front`].
    Front(Bytes),
}

impl Question {
    /// False if the answer may take longer than it takes to look something up or to write it to disk.
    pub fn is_answered_at_once(&self) -> bool {
        !matches!(self, Self::HandOver(_))
    }
}

/// The answers to them.
#[derive(Debug, Clone)]
pub enum PeerAnswer {
    /// To Vote, with the voter's clock.
    Vote(Reading, VoteResponse<TypeConfig>),
    /// To PreVote.
    PreVote(VoteResponse<TypeConfig>),
    /// To Append.
    Append(AppendEntriesResponse<TypeConfig>),
    /// To Transfer: true if accepted.
    Transfer(bool),
    /// To ReadIndex: the index, and the leader's clock, ms; None: not the leader, or not confirmed.
    ReadIndex(Option<(u64, u64)>),
    /// To Confirm.
    Confirm(bool),
    /// To Standings, encoded: empty if that node does not lead.
    Standings(Vec<(u64, Standing)>),
    /// To HandOver: why not; empty = done.
    HandOver(String),
    /// To Clock.
    Clock(Reading),
    /// To Reads.
    Noted,
    /// To Front; None: the node has nothing to say.
    Front(Option<Bytes>),
    /// Raft has stopped there.
    Stopped,
}

impl Question {
    /// Body of a [`QUESTION`] frame.
    pub fn encode(&self, number: u64) -> Bytes {
        let mut out = number.to_le_bytes().to_vec();
        match self {
            Self::Vote(request) => {
                out.put_u8(1);
                put_vote_request(&mut out, request);
            }
            Self::PreVote(request) => {
                out.put_u8(2);
                put_vote_request(&mut out, request);
            }
            Self::Append(clock_ns, request) => {
                out.put_u8(3);
                put_append(&mut out, *clock_ns, request);
            }
            Self::Transfer(request) => {
                out.put_u8(4);
                put_vote(&mut out, request.from_leader());
                out.put_u64_le(*request.to_node_id());
                put_log_id_option(&mut out, request.last_log_id());
            }
            Self::ReadIndex { leader, confirms } => {
                out.put_u8(5);
                put_leader(&mut out, *leader);
                out.put_u8(u8::from(*confirms));
            }
            Self::Standings => out.put_u8(7),
            Self::HandOver(node) => {
                out.put_u8(8);
                out.put_u64_le(*node);
            }
            Self::Clock => out.put_u8(9),
            Self::Confirm { leader } => {
                out.put_u8(6);
                put_leader(&mut out, *leader);
            }
            Self::Reads { weight, keys } => {
                out.put_u8(11);
                out.put_u32_le(*weight);
                out.put_u32_le(keys.len() as u32);
                keys.iter().for_each(|key| out.put_u64_le(*key));
            }
            Self::Front(asked) => {
                out.put_u8(10);
                put_bytes(&mut out, asked);
            }
        }
        out.into()
    }

    /// Number and question of a [`QUESTION`] frame.
    ///
    /// # Errors
    /// [`Malformed`]
    pub fn decode(body: Bytes) -> Result<(u64, Self), Malformed> {
        let mut reader = Decoder::new(body);
        let number = reader.u64()?;
        let question = match reader.u8()? {
            1 => Self::Vote(vote_request(&mut reader)?),
            2 => Self::PreVote(vote_request(&mut reader)?),
            3 => {
                let (clock_ns, request) = append(&mut reader)?;
                Self::Append(clock_ns, request)
            }
            4 => Self::Transfer(TransferLeaderRequest::new(reader.vote()?, reader.u64()?, reader.log_id_option()?)),
            5 => Self::ReadIndex { leader: leader(&mut reader)?, confirms: reader.bool()? },
            6 => Self::Confirm { leader: leader(&mut reader)? },
            7 => Self::Standings,
            8 => Self::HandOver(reader.u64()?),
            9 => Self::Clock,
            10 => Self::Front(reader.bytes()?),
            11 => {
                let (weight, count) = (reader.u32()?, reader.u32()?);
                if count as usize > SAMPLE_MAX {
                    return Err(Malformed("reads"));
                }
                Self::Reads { weight, keys: (0..count).map(|_| reader.u64()).collect::<Result<_, _>>()? }
            }
            _ => return Err(Malformed("question")),
        };
        reader.finish()?;
        Ok((number, question))
    }
}

impl PeerAnswer {
    /// Body of an [`ANSWER`] frame.
    pub fn encode(&self, number: u64) -> Bytes {
        let mut out = number.to_le_bytes().to_vec();
        match self {
            Self::Vote(reading, response) => {
                out.put_u8(1);
                put_reading(&mut out, reading);
                put_vote_response(&mut out, response);
            }
            Self::PreVote(response) => {
                out.put_u8(2);
                put_vote_response(&mut out, response);
            }
            Self::Append(response) => {
                out.put_u8(3);
                put_appended(&mut out, response);
            }
            Self::Transfer(accepted) => out.extend([4, u8::from(*accepted)]),
            Self::ReadIndex(index) => {
                let known = index.is_some();
                out.put_u8(5);
                let (index, clock_ms) = index.unwrap_or_default();
                out.put_u8(u8::from(known));
                out.put_u64_le(index);
                out.put_u64_le(clock_ms);
            }
            Self::Confirm(yes) => out.extend([6, u8::from(*yes)]),
            Self::Stopped => out.put_u8(7),
            Self::Standings(all) => {
                out.put_u8(8);
                out.put_u32_le(all.len() as u32);
                for (node, standing) in all {
                    out.put_u64_le(*node);
                    out.put_u64_le(standing.matched);
                    out.put_u64_le(standing.lag);
                    out.extend([u8::from(standing.alive), u8::from(standing.voter)]);
                    out.put_u32_le(standing.level);
                }
            }
            Self::Clock(reading) => {
                out.put_u8(10);
                put_reading(&mut out, reading);
            }
            Self::Noted => out.put_u8(12),
            Self::HandOver(why) => {
                out.put_u8(9);
                put_bytes(&mut out, why.as_bytes());
            }
            Self::Front(answer) => {
                out.extend([11, u8::from(answer.is_some())]);
                put_bytes(&mut out, answer.as_deref().unwrap_or_default());
            }
        }
        out.into()
    }

    /// Number and answer of an [`ANSWER`] frame.
    ///
    /// # Errors
    /// [`Malformed`]
    pub fn decode(body: Bytes) -> Result<(u64, Self), Malformed> {
        let mut reader = Decoder::new(body);
        let number = reader.u64()?;
        let answer = match reader.u8()? {
            1 => {
                let reading = reading(&mut reader)?;
                Self::Vote(reading, vote_response(&mut reader)?)
            }
            2 => Self::PreVote(vote_response(&mut reader)?),
            3 => Self::Append(appended(&mut reader)?),
            4 => Self::Transfer(reader.bool()?),
            5 => {
                let (known, index, clock_ms) = (reader.bool()?, reader.u64()?, reader.u64()?);
                Self::ReadIndex(known.then_some((index, clock_ms)))
            }
            6 => Self::Confirm(reader.bool()?),
            7 => Self::Stopped,
            8 => {
                let mut all = Vec::new();
                for _ in 0..reader.u32()? {
                    let (node, matched, lag) = (reader.u64()?, reader.u64()?, reader.u64()?);
                    let (alive, voter, level) = (reader.bool()?, reader.bool()?, reader.u32()?);
                    all.push((node, Standing { matched, lag, alive, voter, level }));
                }
                Self::Standings(all)
            }
            9 => Self::HandOver(reader.text()?),
            10 => Self::Clock(reading(&mut reader)?),
            11 => {
                let (says, answer) = (reader.bool()?, reader.bytes()?);
                Self::Front(says.then_some(answer))
            }
            12 => Self::Noted,
            _ => return Err(Malformed("answer")),
        };
        reader.finish()?;
        Ok((number, answer))
    }
}

/// Body of a [`SNAPSHOT_PIECE`] is the bytes themselves; this is the head's.
pub fn snapshot_head(vote: &super::super::types::Vote, meta: &super::super::types::SnapshotMeta) -> Bytes {
    let mut out = Vec::new();
    put_vote(&mut out, vote);
    super::super::codec::put_snapshot_meta(&mut out, meta);
    out.into()
}
