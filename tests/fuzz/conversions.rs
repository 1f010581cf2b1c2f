//! What scripts make values of: JSON, MessagePack, packed structs, numbers, replies. Whatever the bytes are, nothing panics, two states answer
//! the same, and what was read and written again is the same when that is done once more.

use lockstep::executor::run_write;
use lockstep::protocol::{Args, Reply, Resp, encode};
use lockstep::store::{Effects, Rng as Draws, State};

use crate::support::rng::Rng;
use crate::{Target, fuzz_slowly};

/// Reads ARGV[1], and writes it again: one reply with both forms, the second made of the first.
const JSON: &str = "local a = cjson.encode(cjson.decode(ARGV[1])) return {a, cjson.encode(cjson.decode(a))}";
const MSGPACK: &str = "local a = cmsgpack.pack(cmsgpack.unpack(ARGV[1])) return {a, cmsgpack.pack(cmsgpack.unpack(a))}";
/// The format is what stands before the first zero.
const STRUCT: &str = "local f, d = string.match(ARGV[1], '^([^%z]*)%z(.*)$') local v = {struct.unpack(f, d)} v[#v] = nil
    local a = struct.pack(f, unpack(v)) local w = {struct.unpack(f, a)} w[#w] = nil return {a, struct.pack(f, unpack(w))}";
/// A text as a number, and its text.
const NUMBER: &str = "local n = tonumber(ARGV[1]) if not n then error('none') end local a = tostring(n)
    local b = tostring(tonumber(a)) return {a, b}";
/// A value of JSON as a reply, in both versions of the protocol.
const REPLY: &str = "local v = cjson.decode(ARGV[1]) redis.setresp(3) redis.call('SET', KEYS[1], ARGV[1])
    local got = redis.call('GET', KEYS[1]) return {v, got, {v, redis.call('INCR', KEYS[2])}}";

fn eval(script: &str, input: &[u8]) -> (Reply, u64) {
    let mut state = State::default();
    state.cluster.raise(lockstep::FEATURE_LEVEL);
    state.advance_clock(1_790_000_000_000);
    let mut effects = Effects::default();
    let args = Args::from_slices([b"EVAL", script.as_bytes(), b"2", b"k", b"n", input]);
    let spec = lockstep::command::lookup(b"eval").unwrap();
    let reply: Reply = run_write(spec, &mut state.txn(0, Draws::of_command(1, 1), &mut effects), &args).into();
    state.digest.reply(&reply);
    state.digest.finish(1);
    assert_eq!(state.validate(), Ok(()));
    (reply, state.digest.value())
}

/// Runs it twice; what it gives back twice has to be one thing.
fn convert(script: &str, input: &[u8]) -> bool {
    let (reply, digest) = eval(script, input);
    let (again, digest_again) = eval(script, input);
    assert_eq!((bytes(&reply), digest), (bytes(&again), digest_again), "two states differ");
    match reply {
        Reply::Error(_) => false,
        Reply::Array(items) => {
            if let [Reply::Bulk(first), Reply::Bulk(second)] = items.as_slice() {
                assert_eq!(first.escape_ascii().to_string(), second.escape_ascii().to_string());
            }
            true
        }
        other => panic!("{other:?}"),
    }
}

fn bytes(reply: &Reply) -> [Vec<u8>; 2] {
    [Resp::V2, Resp::V3].map(|resp| {
        let mut out = bytes::BytesMut::new();
        encode(&mut out, reply, resp);
        out.to_vec()
    })
}

fn json(rng: &mut Rng, depth: usize) -> String {
    let many = |rng: &mut Rng| rng.below(4);
    match rng.below(if depth == 0 { 5 } else { 7 }) {
        0 => rng.between(-1_000_000, 1_000_000).to_string(),
        1 => format!("{}.{}e{}", rng.below(99), rng.below(99_999), rng.between(-30, 30)),
        2 => rng.pick(&["true", "false", "null"]).to_string(),
        3 | 4 => rng.pick(&["\"\"", "\"text\"", "\"\\u00e9\\n\\\\\"", "\"\\ud83d\\ude00\"", "\"ok\""]).to_string(),
        5 => {
            let items: Vec<String> = (0..many(rng)).map(|_| json(rng, depth - 1)).collect();
            format!("[{}]", items.join(","))
        }
        _ => {
            let names = ["a", "b", "ok", "err", "double", "map", "set", "1"];
            let items: Vec<String> = (0..many(rng))
                .map(|n| format!("\"{}\":{}", names[(rng.below(2) + 2 * n) % 8], json(rng, depth - 1)))
                .collect();
            format!("{{{}}}", items.join(", "))
        }
    }
}

fn valid_json(rng: &mut Rng) -> Vec<u8> {
    // What is no table or object at its top is a value all the same.
    format!("[{}]", json(rng, 3)).into_bytes()
}

fn msgpack(rng: &mut Rng, depth: usize, out: &mut Vec<u8>) {
    match rng.below(if depth == 0 { 7 } else { 9 }) {
        0 => out.push(rng.below(128) as u8),
        1 => out.extend(*rng.pick(&[[0xd1, 0xfe, 0x0c], [0xcd, 0x12, 0x34]])),
        2 => out.extend([&[0xcb][..], &f64::from(rng.next() as i32).to_be_bytes()].concat()),
        3 => out.extend([&[0xd3][..], &(rng.next() as i32 as i64).to_be_bytes()].concat()),
        4 => out.push(*rng.pick(&[0xc0, 0xc2, 0xc3])),
        5 | 6 => {
            let len = rng.below(12);
            out.push(0xa0 | len as u8);
            out.extend(rng.bytes(len));
        }
        7 => {
            let len = rng.below(4);
            out.push(0x90 | len as u8);
            (0..len).for_each(|_| msgpack(rng, depth - 1, out));
        }
        _ => {
            let len = rng.below(4);
            out.push(0x80 | len as u8);
            for n in 0..len {
                out.extend([0xa1, b'a' + n as u8]);
                msgpack(rng, depth - 1, out);
            }
        }
    }
}

fn valid_msgpack(rng: &mut Rng) -> Vec<u8> {
    let mut out = Vec::new();
    msgpack(rng, 3, &mut out);
    out
}

fn valid_struct(rng: &mut Rng) -> Vec<u8> {
    let (mut format, mut data) = (rng.pick(&["<", ">", "!4", ""]).to_string(), Vec::new());
    let is_padded = format == "!4";
    for _ in 0..rng.below(4) {
        let (word, len) = if is_padded {
            ("b", 1)
        } else {
            *rng.pick(&[("b", 1), ("H", 2), ("i4", 4), ("I3", 3), ("c5", 5), ("x", 1)])
        };
        format += word;
        data.extend(rng.bytes(len));
    }
    [format.as_bytes(), &[0], &data].concat()
}

fn valid_number(rng: &mut Rng) -> Vec<u8> {
    match rng.below(4) {
        0 => rng.between(-1_000_000, 1_000_000).to_string(),
        1 => format!("0x{:x}", rng.below(1 << 30)),
        2 => format!(" {}.{}e-{} ", rng.below(1000), rng.below(1000), rng.below(20)),
        _ => rng.below(1 << 40).to_string(),
    }
    .into_bytes()
}

#[test]
fn mutated_json_is_converted_alike_everywhere() {
    fuzz_slowly(&Target { name: "cjson", valid: valid_json, read: |input, _| convert(JSON, input) });
}

#[test]
fn mutated_messagepack_is_converted_alike_everywhere() {
    fuzz_slowly(&Target { name: "cmsgpack", valid: valid_msgpack, read: |input, _| convert(MSGPACK, input) });
}

#[test]
fn mutated_structs_are_converted_alike_everywhere() {
    fuzz_slowly(&Target { name: "struct", valid: valid_struct, read: |input, _| convert(STRUCT, input) });
}

#[test]
fn mutated_numbers_are_converted_alike_everywhere() {
    fuzz_slowly(&Target { name: "tonumber", valid: valid_number, read: |input, _| convert(NUMBER, input) });
}

#[test]
fn values_of_scripts_become_replies_alike_everywhere() {
    fuzz_slowly(&Target { name: "script's reply", valid: valid_json, read: |input, _| convert(REPLY, input) });
}
