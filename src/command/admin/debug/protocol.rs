//! DEBUG PROTOCOL: a reply of each type, which clients' own tests ask for.

use bytes::{Bytes, BytesMut};

use super::{PROTECTED, doc};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply, Resp, encode};

pub static SPEC: Spec = Spec::session(
    "debug|protocol",
    3,
    PROTECTED,
    doc("6.0.0", "O(1)", "Answers a test value of a type.").args(&[Arg::new("type", ArgKind::String)]),
    run,
);

const TYPES: ReplyError = ReplyError::new(
    "ERR Wrong protocol type name. Please use one of the following: \
     string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let name = String::from_utf8_lossy(args.arg(2)).to_ascii_lowercase();
    let numbers = || vec![Reply::Int(0), Reply::Int(1), Reply::Int(2)];
    match name.as_str() {
        "string" => Reply::bulk("Hello World"),
        "integer" => Reply::Int(12345),
        "double" => Reply::Double(3141.0 / 1000.0),
        "null" => Reply::Nil,
        "array" => Reply::Array(numbers()),
        "set" => Reply::Set(numbers()),
        "map" => Reply::Map(numbers().into_iter().zip([false, true, false].map(Reply::Bool)).collect()),
        "attrib" => attribute(call.session.resp),
        "push" => push(call.session.resp),
        "verbatim" => Reply::Verbatim(*b"txt", Bytes::from_static(b"This is a verbatim\nstring")),
        "true" => Reply::Bool(true),
        "false" => Reply::Bool(false),
        "bignum" => Reply::BigNumber(Bytes::from_static(b"1234567999999999999999999999999999999")),
        _ => TYPES.into(),
    }
    .into()
}

/// Attributes have no version in RESP2.
fn attribute(resp: Resp) -> Reply {
    let reply = Reply::bulk("Some real reply following the attribute");
    if resp == Resp::V2 {
        return reply;
    }
    let mut out = BytesMut::from(&b"|1\r\n"[..]);
    encode(&mut out, &Reply::bulk("key-popularity"), resp);
    encode(&mut out, &Reply::Array(vec![Reply::bulk("key:123"), Reply::Int(90)]), resp);
    encode(&mut out, &reply, resp);
    Reply::Encoded(out.freeze())
}

/// A push is no reply: one follows it.
fn push(resp: Resp) -> Reply {
    if resp == Resp::V2 {
        return ReplyError::new("ERR RESP2 is not supported by this command").into();
    }
    let mut out = BytesMut::new();
    encode(&mut out, &Reply::Push(vec![Reply::bulk("server-cpu-usage"), Reply::Int(42)]), resp);
    encode(&mut out, &Reply::bulk("Some real reply following the push reply"), resp);
    Reply::Encoded(out.freeze())
}
