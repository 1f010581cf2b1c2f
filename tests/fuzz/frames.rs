//! Frames between peers, and the messages in them.

use bytes::{Bytes, BytesMut};
use lockstep::replication::peer::frame::{FRAME_LEN_MAX, decode, encode};
use lockstep::replication::peer::message::{PeerAnswer, Question};
use lockstep::sys::clock::{Reading, Teller, Told};

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
    match rng.below(9) {
        5 => Question::Clock.encode(number).to_vec(),
        6 => PeerAnswer::Clock(reading(rng)).encode(number).to_vec(),
        0 => Question::Standings.encode(number).to_vec(),
        1 => Question::HandOver(rng.next()).encode(number).to_vec(),
        2 => PeerAnswer::ReadIndex(rng.percent(50).then(|| (rng.next(), rng.next()))).encode(number).to_vec(),
        3 => PeerAnswer::HandOver(why()).encode(number).to_vec(),
        7 => Question::Front(why().into()).encode(number).to_vec(),
        8 => PeerAnswer::Front(rng.percent(50).then(|| why().into())).encode(number).to_vec(),
        _ => PeerAnswer::Confirm(rng.percent(50)).encode(number).to_vec(),
    }
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
