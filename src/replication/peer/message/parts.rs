//! What the messages are made of.

use bytes::BufMut;
use openraft::raft::{AppendEntriesRequest, AppendEntriesResponse, VoteRequest, VoteResponse};

use super::super::super::codec::{Decoder, Malformed, put_entry, put_log_id_option, put_vote};
use super::super::super::origin::Leader;
use super::super::super::types::TypeConfig;
use crate::sys::clock::{Reading, Teller, Told};

pub(super) fn put_leader(out: &mut Vec<u8>, leader: Leader) {
    out.put_u64_le(leader.term);
    out.put_u64_le(leader.node);
}

pub(super) fn leader(reader: &mut Decoder) -> Result<Leader, Malformed> {
    Ok(Leader { term: reader.u64()?, node: reader.u64()? })
}

pub(super) fn put_vote_request(out: &mut Vec<u8>, request: &VoteRequest<TypeConfig>) {
    put_vote(out, &request.vote);
    put_log_id_option(out, request.last_log_id.as_ref());
    out.put_u8(u8::from(request.leadership_transfer));
}

pub(super) fn vote_request(reader: &mut Decoder) -> Result<VoteRequest<TypeConfig>, Malformed> {
    let mut request = VoteRequest::new(reader.vote()?, reader.log_id_option()?);
    request.leadership_transfer = reader.bool()?;
    Ok(request)
}

pub(super) fn put_vote_response(out: &mut Vec<u8>, response: &VoteResponse<TypeConfig>) {
    put_vote(out, &response.vote);
    put_log_id_option(out, response.last_log_id.as_ref());
    out.put_u8(u8::from(response.vote_granted));
}

pub(super) fn vote_response(reader: &mut Decoder) -> Result<VoteResponse<TypeConfig>, Malformed> {
    let (vote, last, granted) = (reader.vote()?, reader.log_id_option()?, reader.bool()?);
    Ok(VoteResponse::new(vote, last, granted))
}

pub(super) fn put_reading(out: &mut Vec<u8>, reading: &Reading) {
    out.put_u8(u8::from(reading.told.is_some()));
    if let Some(Told { by, at_ns }) = reading.told {
        [by.term, by.node, at_ns].into_iter().for_each(|number| out.put_u64_le(number));
    }
    out.put_u64_le(reading.estimate_ns);
    out.put_u64_le(reading.wall_ms);
}

pub(super) fn reading(reader: &mut Decoder) -> Result<Reading, Malformed> {
    let told = match reader.bool()? {
        true => {
            let by = Teller { term: reader.u64()?, node: reader.u64()? };
            Some(Told { by, at_ns: reader.u64()? })
        }
        false => None,
    };
    Ok(Reading { told, estimate_ns: reader.u64()?, wall_ms: reader.u64()? })
}

/// Encodes an append request, entries last, so that large payloads could be sent from where they are.
pub fn put_append(out: &mut Vec<u8>, clock_ns: u64, request: &AppendEntriesRequest<TypeConfig>) {
    out.put_u64_le(clock_ns);
    put_vote(out, &request.vote);
    put_log_id_option(out, request.prev_log_id.as_ref());
    put_log_id_option(out, request.leader_commit.as_ref());
    out.put_u32_le(request.entries.len() as u32);
    for entry in &request.entries {
        put_entry(out, entry);
    }
}

/// Decodes what [`put_append`] wrote.
///
/// # Errors
/// [`Malformed`]
pub fn append(reader: &mut Decoder) -> Result<(u64, AppendEntriesRequest<TypeConfig>), Malformed> {
    let clock_ns = reader.u64()?;
    let (vote, prev_log_id, leader_commit) = (reader.vote()?, reader.log_id_option()?, reader.log_id_option()?);
    let count = reader.u32()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        entries.push(reader.entry()?);
    }
    Ok((clock_ns, AppendEntriesRequest { vote, prev_log_id, entries, leader_commit }))
}

/// Encodes an append response.
pub fn put_appended(out: &mut Vec<u8>, response: &AppendEntriesResponse<TypeConfig>) {
    match response {
        AppendEntriesResponse::Success => out.put_u8(0),
        AppendEntriesResponse::PartialSuccess(log_id) => {
            out.put_u8(1);
            put_log_id_option(out, log_id.as_ref());
        }
        AppendEntriesResponse::Conflict => out.put_u8(2),
        AppendEntriesResponse::HigherVote(vote) => {
            out.put_u8(3);
            put_vote(out, vote);
        }
    }
}

/// Decodes what [`put_appended`] wrote.
///
/// # Errors
/// [`Malformed`]
pub fn appended(reader: &mut Decoder) -> Result<AppendEntriesResponse<TypeConfig>, Malformed> {
    Ok(match reader.u8()? {
        0 => AppendEntriesResponse::Success,
        1 => AppendEntriesResponse::PartialSuccess(reader.log_id_option()?),
        2 => AppendEntriesResponse::Conflict,
        3 => AppendEntriesResponse::HigherVote(reader.vote()?),
        _ => return Err(Malformed("append response")),
    })
}
