//! Replies to bytes. Not through `redis-protocol`, whose RESP2 frames have one null only (clients tell
//! `$-1` from `*-1`: EXEC answers the second) and whose frames would have to be built first.

use bytes::BytesMut;

use super::{Reply, Resp, write_i64};

/// Appends `reply` to `out` in the given version of the protocol.
pub fn encode(out: &mut BytesMut, reply: &Reply, resp: Resp) {
    match reply {
        Reply::Ok => out.extend_from_slice(b"+OK\r\n"),
        Reply::Simple(text) => line(out, b'+', text.as_bytes()),
        Reply::Error(error) => line(out, b'-', error.as_bytes()),
        Reply::Int(value) => header(out, b':', *value),
        Reply::Bulk(bytes) => bulk(out, bytes),
        Reply::Nil if resp == Resp::V2 => out.extend_from_slice(b"$-1\r\n"),
        Reply::NilArray if resp == Resp::V2 => out.extend_from_slice(b"*-1\r\n"),
        Reply::Nil | Reply::NilArray => out.extend_from_slice(b"_\r\n"),
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
        Reply::Double(value) => match resp {
            Resp::V2 => bulk(out, double_text(*value).as_bytes()),
            Resp::V3 => line(out, b',', double_text(*value).as_bytes()),
        },
        Reply::Bool(value) => match resp {
            Resp::V2 => header(out, b':', i64::from(*value)),
            Resp::V3 => out.extend_from_slice(if *value { b"#t\r\n" } else { b"#f\r\n" }),
        },
        Reply::Verbatim(format, text) => match resp {
            Resp::V2 => bulk(out, text),
            Resp::V3 => {
                header(out, b'=', text.len() as i64 + 4);
                out.extend_from_slice(format.as_bytes());
                out.extend_from_slice(b":");
                out.extend_from_slice(text);
                out.extend_from_slice(b"\r\n");
            }
        },
        Reply::BigNumber(text) => match resp {
            Resp::V2 => bulk(out, text),
            Resp::V3 => line(out, b'(', text),
        },
        Reply::Silent => {}
    }
}

fn pick(resp: Resp, v3: u8) -> u8 {
    if resp == Resp::V3 { v3 } else { b'*' }
}

fn line(out: &mut BytesMut, kind: u8, text: &[u8]) {
    out.extend_from_slice(&[kind]);
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
}

fn header(out: &mut BytesMut, kind: u8, value: i64) {
    out.extend_from_slice(&[kind]);
    write_i64(out, value);
    out.extend_from_slice(b"\r\n");
}

fn bulk(out: &mut BytesMut, bytes: &[u8]) {
    out.reserve(bytes.len() + 16);
    header(out, b'$', bytes.len() as i64);
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

fn sequence(out: &mut BytesMut, kind: u8, items: &[Reply], resp: Resp) {
    header(out, kind, items.len() as i64);
    for item in items {
        encode(out, item, resp);
    }
}

/// The shortest text that reads back as the same double, as Redis 7 prints it (`%.17g`-like, `inf`).
fn double_text(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "inf".into() } else { "-inf".into() };
    }
    if value.is_nan() {
        return "nan".into();
    }
    format!("{value}")
}
