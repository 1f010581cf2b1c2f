//! Frames between peers, and the messages in them.

use bytes::{Bytes, BytesMut};
use lockstep::replication::Leader;
use lockstep::replication::Standing;
use lockstep::replication::peer::frame::{FRAME_LEN_MAX, decode, encode};
use lockstep::replication::peer::message::{PeerAnswer, Question};
use lockstep::replication::types::{CommittedLeaderId, Vote};
use lockstep::sys::clock::{Reading, Teller, Told};
use openraft::raft::{AppendEntriesRequest, AppendEntriesResponse, TransferLeaderRequest, VoteRequest, VoteResponse};
use openraft::vote::RaftLeaderId;

use crate::codec::{entry, log_id};
use crate::support::rng::Rng;
use crate::{Target, fuzz};

fn valid(rng: &mut Rng) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..1 + rng.below(3) {
        let len = rng.below(30);
        let body = rng.bytes(len);
        out.extend_from_slice(&encode(rng.next(), rng.next() as u8, &body));
    }
    out
}

/// All frames of these pieces, as (group, kind, body), and whether an error ended them.
fn frames(pieces: &[&[u8]]) -> (Vec<(u64, u8, Bytes)>, bool) {
    let (mut buf, mut all) = (BytesMut::new(), Vec::new());
    for piece in pieces {
        buf.extend_from_slice(piece);
        loop {
            match decode(&mut buf) {
                Ok(Some(frame)) => all.push((frame.group, frame.kind, frame.body)),
                Ok(None) => break,
                Err(_) => return (all, true),
            }
        }
    }
    assert!(buf.len() <= FRAME_LEN_MAX);
    (all, false)
}

fn read(input: &[u8], rng: &mut Rng) -> bool {
    let whole = frames(&[input]);
    let cut = rng.below(input.len() + 1);
    assert_eq!(frames(&[&input[..cut], &input[cut..]]), whole, "cut at {cut}");
    let again: Vec<u8> = whole.0.iter().flat_map(|(group, kind, body)| encode(*group, *kind, body)).collect();
    assert!(input.starts_with(&again), "what was read, written again, is other bytes");
    !whole.1
}

#[test]
fn mutated_peer_frames_never_panic() {
    fuzz(&Target { name: "peer frame", valid, read });
}

fn valid_message(rng: &mut Rng) -> Vec<u8> {
    let number = rng.next();
    let why = || String::from("not now");
    let reading = |rng: &mut Rng| {
        let told = Told { by: Teller { term: rng.next(), node: rng.next() }, at_ns: rng.next() };
        Reading { told: rng.percent(50).then_some(told), estimate_ns: rng.next(), wall_ms: rng.next() }
    };
    let vote =
        |rng: &mut Rng| Vote { leader_id: CommittedLeaderId::new(rng.next(), rng.next()), committed: rng.percent(50) };
    let some_id = |rng: &mut Rng| rng.percent(70).then(|| log_id(rng));
    let leader = |rng: &mut Rng| Leader { term: rng.next(), node: rng.next() };
    let request = |rng: &mut Rng| {
        let mut request = VoteRequest::new(vote(rng), some_id(rng));
        request.leadership_transfer = rng.percent(50);
        request
    };
    let response = |rng: &mut Rng| VoteResponse::new(vote(rng), some_id(rng), rng.percent(50));
    let standing = |rng: &mut Rng| Standing {
        matched: rng.next(),
        lag: rng.next(),
        alive: rng.percent(50),
        voter: rng.percent(50),
        level: rng.next() as u32,
    };
    if rng.percent(50) {
        let question = match rng.below(11) {
            0 => Question::Standings,
            1 => Question::HandOver(rng.next()),
            2 => Question::Clock,
            3 => Question::Front(why().into()),
            4 => Question::Vote(request(rng)),
            5 => Question::PreVote(request(rng)),
            6 => Question::Append(
                rng.next(),
                AppendEntriesRequest {
                    vote: vote(rng),
                    prev_log_id: some_id(rng),
                    leader_commit: some_id(rng),
                    entries: (0..rng.below(4)).map(|_| entry(rng)).collect(),
                },
            ),
            7 => Question::Transfer(TransferLeaderRequest::new(vote(rng), rng.next(), some_id(rng))),
            8 => Question::ReadIndex { leader: leader(rng), confirms: rng.percent(50) },
            9 => Question::Confirm { leader: leader(rng) },
            _ => Question::Reads { weight: rng.next() as u32, keys: (0..rng.below(5)).map(|_| rng.next()).collect() },
        };
        return question.encode(number).to_vec();
    }
    let answer = match rng.below(12) {
        0 => PeerAnswer::Vote(reading(rng), response(rng)),
        1 => PeerAnswer::PreVote(response(rng)),
        2 => PeerAnswer::Append(match rng.below(4) {
            0 => AppendEntriesResponse::Success,
            1 => AppendEntriesResponse::PartialSuccess(some_id(rng)),
            2 => AppendEntriesResponse::Conflict,
            _ => AppendEntriesResponse::HigherVote(vote(rng)),
        }),
        3 => PeerAnswer::Transfer(rng.percent(50)),
        4 => PeerAnswer::ReadIndex(rng.percent(50).then(|| (rng.next(), rng.next()))),
        5 => PeerAnswer::Confirm(rng.percent(50)),
        6 => PeerAnswer::Standings((0..rng.below(4)).map(|_| (rng.next(), standing(rng))).collect()),
        7 => PeerAnswer::HandOver(why()),
        8 => PeerAnswer::Clock(reading(rng)),
        9 => PeerAnswer::Noted,
        10 => PeerAnswer::Front(rng.percent(50).then(|| why().into())),
        _ => PeerAnswer::Stopped,
    };
    answer.encode(number).to_vec()
}

/// A message has more than one encoding (what follows a "none" is not looked at), but a value has one.
fn read_message(input: &[u8], _: &mut Rng) -> bool {
    let bytes = Bytes::copy_from_slice(input);
    let question = Question::decode(bytes.clone());
    if let Ok((number, question)) = &question {
        let canonical = question.encode(*number);
        let (again, value) = Question::decode(canonical.clone()).unwrap();
        assert_eq!(value.encode(again), canonical, "{question:?}");
    }
    let answer = PeerAnswer::decode(bytes);
    if let Ok((number, answer)) = &answer {
        let canonical = answer.encode(*number);
        let (again, value) = PeerAnswer::decode(canonical.clone()).unwrap();
        assert_eq!(value.encode(again), canonical, "{answer:?}");
    }
    question.is_ok() || answer.is_ok()
}

#[test]
fn mutated_peer_messages_never_panic() {
    fuzz(&Target { name: "peer message", valid: valid_message, read: read_message });
}
