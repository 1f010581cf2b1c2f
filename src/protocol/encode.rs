//! Replies to bytes.
//!
//! Not with redis-protocol's encoder. It would be fast enough: `+OK`, integers and bulk strings through it cost 1 % of the server's CPU
//! time for a GET and 3 % for a SET in pipelines of 16 (measured as in `parse`). But what it writes is not what clients are to read:
//! - It counts the digits of an integer by a logarithm in floating point: behind `:9999999999999999\r\n`, and others just below a power
//!   of ten, it puts a zero byte, which breaks the connection's stream.
//! - RESP2 has one null only; clients tell `$-1` from `*-1`, which EXEC answers.
//! - Maps and sets of RESP3 lose their order; doubles are not written as by Redis (1e300 has 301 digits); errors have to be UTF-8,
//!   while they repeat what a client sent.
//! - It copies every bulk string; large values are shared with the store here ([`Sink::put_shared`]).
//!
//! What would be left to it, simple strings and small bulk strings, is a line each.
//!
//! ns per frame, medians of 101 interleaved rounds on a shared machine of two virtual CPUs (`benches/resp.rs`):
//!
//! | | here | `extend_encode` of a frame at hand | `extend_encode_borrowed` of a [`Reply`] |
//! | --- | --- | --- | --- |
//! | `+OK` | 2 | 9 | 9 |
//! | integer | 6 | 34 | 35 |
//! | bulk string of 64 bytes | 7 | 30 | 33 |
//! | array of 10 bulk strings of 16 bytes | 77 | 309 | 311 |

use bytes::{Bytes, BytesMut};

use super::double::{decimal_text, double_text};
use super::{Reply, Resp};

/// Where encoded bytes go.
pub trait Sink {
    /// Appends a copy.
    fn put(&mut self, bytes: &[u8]);
    /// Appends bytes that may be shared instead of copied.
    fn put_shared(&mut self, bytes: &Bytes);
}

impl Sink for BytesMut {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn put_shared(&mut self, bytes: &Bytes) {
        self.extend_from_slice(bytes);
    }
}

/// Appends `reply` to `out` in the given version of the protocol.
pub fn encode(out: &mut impl Sink, reply: &Reply, resp: Resp) {
    match reply {
        Reply::Ok => out.put(b"+OK\r\n"),
        Reply::Simple(text) => line(out, b'+', text),
        Reply::Error(error) => line(out, b'-', error.as_bytes()),
        Reply::Int(value) => header(out, b':', *value),
        Reply::Bulk(bytes) => {
            header(out, b'$', bytes.len() as i64);
            out.put_shared(bytes);
            out.put(b"\r\n");
        }
        Reply::Nil if resp == Resp::V2 => out.put(b"$-1\r\n"),
        Reply::NilArray if resp == Resp::V2 => out.put(b"*-1\r\n"),
        Reply::Nil | Reply::NilArray => out.put(b"_\r\n"),
        Reply::Array(items) => sequence(out, b'*', items, resp),
        Reply::Set(items) => sequence(out, pick(resp, b'~'), items, resp),
        Reply::Push(items) => sequence(out, pick(resp, b'>'), items, resp),
        Reply::Map(pairs) => {
            match resp {
                Resp::V2 => header(out, b'*', 2 * pairs.len() as i64),
                Resp::V3 => header(out, b'%', pairs.len() as i64),
            }
            for (key, value) in pairs {
                encode(out, key, resp);
                encode(out, value, resp);
            }
        }
        Reply::Pairs(pairs) => {
            header(out, b'*', if resp == Resp::V2 { 2 * pairs.len() } else { pairs.len() } as i64);
            for (first, second) in pairs {
                if resp == Resp::V3 {
                    header(out, b'*', 2);
                }
                encode(out, first, resp);
                encode(out, second, resp);
            }
        }
        Reply::Keyed(pairs) => {
            header(out, pick(resp, b'%'), pairs.len() as i64);
            for (key, value) in pairs {
                if resp == Resp::V2 {
                    header(out, b'*', 2);
                }
                encode(out, key, resp);
                encode(out, value, resp);
            }
        }
        Reply::Double(value) => match resp {
            Resp::V2 => bulk(out, double_text(*value).as_bytes()),
            Resp::V3 => line(out, b',', double_text(*value).as_bytes()),
        },
        Reply::Decimal(value) => match resp {
            Resp::V2 => bulk(out, decimal_text(*value).as_bytes()),
            Resp::V3 => line(out, b',', decimal_text(*value).as_bytes()),
        },
        Reply::DoubleText(text) => match resp {
            Resp::V2 => bulk(out, text),
            Resp::V3 => line(out, b',', text),
        },
        Reply::Bool(value) => match resp {
            Resp::V2 => header(out, b':', i64::from(*value)),
            Resp::V3 => out.put(if *value { b"#t\r\n" } else { b"#f\r\n" }),
        },
        Reply::Verbatim(format, text) => match resp {
            Resp::V2 => bulk(out, text),
            Resp::V3 => {
                header(out, b'=', text.len() as i64 + 4);
                out.put(format);
                out.put(b":");
                out.put(text);
                out.put(b"\r\n");
            }
        },
        Reply::BigNumber(text) => match resp {
            Resp::V2 => bulk(out, text),
            Resp::V3 => line(out, b'(', text),
        },
        Reply::Encoded(bytes) => out.put_shared(bytes),
        Reply::Silent => {}
    }
}

fn pick(resp: Resp, v3: u8) -> u8 {
    if resp == Resp::V3 { v3 } else { b'*' }
}

fn line(out: &mut impl Sink, kind: u8, text: &[u8]) {
    out.put(&[kind]);
    out.put(text);
    out.put(b"\r\n");
}

fn header(out: &mut impl Sink, kind: u8, value: i64) {
    out.put(&[kind]);
    out.put(itoa::Buffer::new().format(value).as_bytes());
    out.put(b"\r\n");
}

fn bulk(out: &mut impl Sink, bytes: &[u8]) {
    header(out, b'$', bytes.len() as i64);
    out.put(bytes);
    out.put(b"\r\n");
}

fn sequence(out: &mut impl Sink, kind: u8, items: &[Reply], resp: Resp) {
    header(out, kind, items.len() as i64);
    for item in items {
        encode(out, item, resp);
    }
}
