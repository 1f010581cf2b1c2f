//! The request parser, with redis-protocol's RESP2 decoder as the oracle for frames.

use bytes::BytesMut;
use lockstep::protocol::parse::{Limits, Parsed, Parser};
use redis_protocol::resp2::decode;
use redis_protocol::resp2::types::OwnedFrame;

use crate::support::client::encode;
use crate::support::rng::Rng;
use crate::{Target, fuzz};

const LIMITS: Limits = Limits { bulk_len_max: 1 << 20, authenticated: true };

type Command = Vec<Vec<u8>>;

/// All commands, then the error that ended it, if any.
fn parse(pieces: &[&[u8]]) -> (Vec<Command>, Option<String>) {
    let (mut parser, mut buf, mut commands) = (Parser::default(), BytesMut::new(), Vec::new());
    let (mut sent, mut requests) = (0, 0);
    for piece in pieces {
        buf.extend_from_slice(piece);
        sent += piece.len();
        loop {
            requests += 1;
            assert!(requests <= sent + pieces.len(), "more requests than bytes: one took none");
            match parser.next(&mut buf, LIMITS) {
                Ok(Parsed::Command(args)) => {
                    assert!(!args.is_empty(), "a command without a name");
                    commands.push(args.iter().map(<[u8]>::to_vec).collect());
                }
                Ok(Parsed::Empty) => {}
                Ok(Parsed::Incomplete) => break,
                Err(error) => return (commands, Some(error.to_string())),
            }
        }
    }
    (commands, None)
}

/// What the oracle takes from the front as arrays of bulk strings.
fn oracle(mut input: &[u8]) -> Vec<Command> {
    let mut commands = Vec::new();
    // It allocates by the counts that it reads, up to all of the memory.
    if input.chunk_by(|a, b| a.is_ascii_digit() && b.is_ascii_digit()).any(|run| run.len() > 5) {
        return commands;
    }
    while input.first() == Some(&b'*') {
        let Ok(Some((OwnedFrame::Array(items), len))) = decode::decode(input) else { break };
        let args: Option<Command> = items
            .into_iter()
            .map(|item| if let OwnedFrame::BulkString(bytes) = item { Some(bytes) } else { None })
            .collect();
        let Some(args) = args else { break };
        commands.push(args);
        input = &input[len..];
    }
    commands
}

fn valid(rng: &mut Rng) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..1 + rng.below(4) {
        if rng.percent(20) {
            out.extend_from_slice(
                rng.pick(&["PING\r\n", "set 'a b' \"\\x41\\n\"\n", "\r\n", "get  k\t\r\n", "*0\r\n"]).as_bytes(),
            );
            continue;
        }
        let args: Command = (0..1 + rng.below(5))
            .map(|_| {
                let len = rng.below(20);
                rng.bytes(len)
            })
            .collect();
        encode(&mut out, &args);
    }
    out
}

fn read(input: &[u8], rng: &mut Rng) -> bool {
    let whole = parse(&[input]);
    // However it arrives.
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(parse(&bytes), whole, "byte by byte");
    let cut = rng.below(input.len() + 1);
    assert_eq!(parse(&[&input[..cut], &input[cut..]]), whole, "cut at {cut}");
    // What the oracle understands are the same commands, as long as Redis's own rules let it pass.
    let canonical = |args: &Command| {
        let mut out = Vec::new();
        encode(&mut out, args);
        out
    };
    let mut at = 0;
    let mut position = 0;
    for command in oracle(input) {
        let bytes = canonical(&command);
        if !input[at..].starts_with(&bytes) {
            break;
        }
        at += bytes.len();
        if !command.is_empty() {
            assert_eq!(whole.0.get(position), Some(&command), "command {position} of the oracle");
            position += 1;
        }
    }
    // What was understood, written again, is understood again.
    let again: Vec<u8> = whole.0.iter().flat_map(canonical).collect();
    assert_eq!(parse(&[&again]), (whole.0, None));
    if let Some(error) = &whole.1 {
        assert!(error.starts_with("ERR Protocol error: "), "{error}");
    }
    whole.1.is_none()
}

#[test]
fn mutated_requests_never_panic() {
    fuzz(&Target { name: "request parser", valid, read });
}
