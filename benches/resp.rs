//! Requests decoded and replies encoded by `protocol` and by redis-protocol, side by side: ns per frame.
//!
//!     cargo bench --bench resp [ROUNDS]
//!
//! Each round measures every case once with either, in turn; what is printed are medians over the rounds, and the median of the
//! rounds' differences, so that what else the machine does meanwhile falls on both. Time is that of the thread on its CPU.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "bench"
)]

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use lockstep::protocol::parse::{Limits, Parsed, Parser};
use lockstep::protocol::{Args, Reply, Resp, encode};
use redis_protocol::resp2::decode::{decode_bytes_mut, decode_range};
use redis_protocol::resp2::encode::{extend_encode, extend_encode_borrowed};
use redis_protocol::resp2::types::{BorrowedFrame, BytesFrame, RangeFrame};

/// Frames of one measurement.
const FRAMES: usize = 160_000;
/// What one read of a socket gives.
const READ_LEN: usize = 16 * 1024;
const LIMITS: Limits = Limits { bulk_len_max: 64 << 20, authenticated: true };

/// ns per frame of one run.
type Measure = Box<dyn FnMut() -> f64>;

struct Case {
    name: String,
    ours: Measure,
    theirs: Vec<(&'static str, Measure)>,
}

fn main() {
    let rounds = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(15);
    let value = "v".repeat(64);
    let set = request(&["SET", "key:000000012345", &value]);
    let get = request(&["GET", "key:000000012345"]);
    let mut cases = Vec::new();
    for (name, frame) in [("SET of 64 bytes", &set), ("GET", &get)] {
        for pipelined in [1, 16] {
            cases.push(decoding(name, frame, pipelined));
        }
    }
    cases.push(in_pieces(10_000));
    cases.push(in_pieces(40_000));
    let bulk = |len: usize| Reply::bulk("v".repeat(len));
    cases.push(encoding("+OK", Reply::Ok));
    cases.push(encoding("integer", Reply::Int(1234)));
    cases.push(encoding("bulk of 64 bytes", bulk(64)));
    cases.push(encoding("array of 10 bulks of 16", Reply::Array(vec![bulk(16); 10])));
    run(&mut cases, rounds);
}

fn run(cases: &mut [Case], rounds: usize) {
    let mut taken: Vec<Vec<Vec<f64>>> = cases.iter().map(|case| vec![Vec::new(); 1 + case.theirs.len()]).collect();
    for round in 0..=rounds {
        for (case, taken) in cases.iter_mut().zip(&mut taken) {
            let ours = (case.ours)();
            let theirs: Vec<f64> = case.theirs.iter_mut().map(|(_, measure)| measure()).collect();
            // The first round warms up.
            if round > 0 {
                for (ns, taken) in std::iter::once(ours).chain(theirs).zip(taken) {
                    taken.push(ns);
                }
            }
        }
    }
    println!("medians of {rounds} rounds, ns per frame; the difference is the median of the rounds' differences");
    for (case, taken) in cases.iter().zip(&taken) {
        println!("{:<44} {:>10.1}  protocol", case.name, median(&taken[0]));
        for ((name, _), theirs) in case.theirs.iter().zip(&taken[1..]) {
            let pairs = || theirs.iter().zip(&taken[0]);
            let more: Vec<f64> = pairs().map(|(theirs, ours)| theirs - ours).collect();
            let ratio: Vec<f64> = pairs().map(|(theirs, ours)| theirs / ours).collect();
            println!("{:<44} {:>10.1}  {name}: {:+.1} ns, × {:.2}", "", median(theirs), median(&more), median(&ratio));
        }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Time of this thread on its CPU.
fn cpu_ns() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

fn request(args: &[&str]) -> Vec<u8> {
    let bulks = args.iter().map(|arg| format!("${}\r\n{arg}\r\n", arg.len()));
    format!("*{}\r\n{}", args.len(), bulks.collect::<String>()).into_bytes()
}

/// Decodes as a connection does: bytes arrive in a buffer, all frames are taken, then given back together. Both pay for the bytes'
/// arrival.
fn decode_with<T>(input: &[u8], pipelined: usize, mut next: impl FnMut(&mut BytesMut) -> T) -> f64 {
    let (mut buf, mut taken) = (BytesMut::new(), Vec::with_capacity(pipelined));
    let began = cpu_ns();
    for _ in 0..FRAMES / pipelined {
        buf.reserve(READ_LEN);
        buf.extend_from_slice(black_box(input));
        for _ in 0..pipelined {
            taken.push(next(&mut buf));
        }
        assert!(buf.is_empty());
        black_box(&mut taken).clear();
    }
    (cpu_ns() - began) / FRAMES as f64
}

fn ours(parser: &mut Parser, buf: &mut BytesMut) -> Option<Args> {
    match parser.next(buf, LIMITS).unwrap() {
        Parsed::Command(args) => Some(args),
        _ => None,
    }
}

/// The decoder's ranges as arguments: the least that can stand behind the parser's own signature.
fn from_ranges(buf: &mut BytesMut) -> Option<Args> {
    let (frame, len) = decode_range(buf).unwrap()?;
    let RangeFrame::Array(items) = frame else { panic!("no array") };
    let ranges = items.iter().map(|item| match item {
        RangeFrame::BulkString((start, end)) => (*start as u32, *end as u32),
        other => panic!("{other:?}"),
    });
    Some(Args::new(buf.split_to(len).freeze(), ranges))
}

fn as_bytes(buf: &mut BytesMut) -> Option<Vec<BytesFrame>> {
    match decode_bytes_mut(buf).unwrap()? {
        (BytesFrame::Array(items), ..) => Some(items),
        other => panic!("{other:?}"),
    }
}

fn decoding(name: &str, frame: &[u8], pipelined: usize) -> Case {
    let input = frame.repeat(pipelined);
    let (first, second) = (input.clone(), input.clone());
    let mut parser = Parser::default();
    Case {
        name: format!("decode {name}, {pipelined} at a time"),
        ours: Box::new(move || decode_with(&input, pipelined, |buf| ours(&mut parser, buf).unwrap())),
        theirs: vec![
            ("decode_range to Args", Box::new(move || decode_with(&first, pipelined, |buf| from_ranges(buf).unwrap()))),
            ("decode_bytes_mut", Box::new(move || decode_with(&second, pipelined, |buf| as_bytes(buf).unwrap()))),
        ],
    }
}

/// One frame of many arguments, as reads of a socket give it; ns per argument.
fn in_pieces(args: usize) -> Case {
    fn feed<T>(input: &[u8], args: usize, mut next: impl FnMut(&mut BytesMut) -> Option<T>) -> f64 {
        let mut buf = BytesMut::new();
        let began = cpu_ns();
        for piece in input.chunks(READ_LEN) {
            buf.extend_from_slice(piece);
            black_box(next(&mut buf));
        }
        assert!(buf.is_empty());
        (cpu_ns() - began) / args as f64
    }
    let input = request(&vec!["key:000000012345"; args]);
    let (first, second) = (input.clone(), input.clone());
    let mut parser = Parser::default();
    Case {
        name: format!("decode {args} arguments in pieces, each"),
        ours: Box::new(move || feed(&input, args, |buf| ours(&mut parser, buf))),
        theirs: vec![
            ("decode_range to Args", Box::new(move || feed(&first, args, from_ranges))),
            ("decode_bytes_mut", Box::new(move || feed(&second, args, as_bytes))),
        ],
    }
}

fn encode_with(mut put: impl FnMut(&mut BytesMut)) -> f64 {
    let mut out = BytesMut::new();
    let began = cpu_ns();
    for _ in 0..FRAMES / 16 {
        for _ in 0..16 {
            put(&mut out);
        }
        black_box(&mut out).clear();
    }
    (cpu_ns() - began) / FRAMES as f64
}

fn encoding(name: &str, reply: Reply) -> Case {
    let frame = bytes_frame(&reply);
    let (mut out, mut other) = (BytesMut::new(), BytesMut::new());
    encode(&mut out, &reply, Resp::V2);
    extend_encode(&mut other, &frame, false).unwrap();
    assert_eq!(out, other);
    let converted = reply.clone();
    Case {
        name: format!("encode {name}"),
        ours: Box::new(move || encode_with(|out| encode(out, black_box(&reply), Resp::V2))),
        theirs: vec![
            (
                "extend_encode of a frame at hand",
                Box::new(move || {
                    encode_with(|out| {
                        extend_encode(out, black_box(&frame), false).unwrap();
                    })
                }),
            ),
            (
                "extend_encode_borrowed of a Reply",
                Box::new(move || {
                    encode_with(|out| {
                        with_borrowed(black_box(&converted), &mut |frame| {
                            extend_encode_borrowed(out, frame, false).unwrap();
                        })
                    })
                }),
            ),
        ],
    }
}

fn bytes_frame(reply: &Reply) -> BytesFrame {
    match reply {
        Reply::Ok => BytesFrame::SimpleString(Bytes::from_static(b"OK")),
        Reply::Int(value) => BytesFrame::Integer(*value),
        Reply::Bulk(bytes) => BytesFrame::BulkString(bytes.clone()),
        Reply::Array(items) => BytesFrame::Array(items.iter().map(bytes_frame).collect()),
        other => panic!("not measured: {other:?}"),
    }
}

/// Shows `put` the reply as a frame that borrows from it.
fn with_borrowed(reply: &Reply, put: &mut dyn FnMut(&BorrowedFrame<'_>)) {
    match reply {
        Reply::Ok => put(&BorrowedFrame::SimpleString(b"OK")),
        Reply::Int(value) => put(&BorrowedFrame::Integer(*value)),
        Reply::Bulk(bytes) => put(&BorrowedFrame::BulkString(bytes)),
        Reply::Array(items) => {
            let items: Vec<BorrowedFrame<'_>> = items
                .iter()
                .map(|item| match item {
                    Reply::Bulk(bytes) => BorrowedFrame::BulkString(bytes),
                    other => panic!("not measured: {other:?}"),
                })
                .collect();
            put(&BorrowedFrame::Array(&items));
        }
        other => panic!("not measured: {other:?}"),
    }
}
