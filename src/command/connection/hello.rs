//! HELLO

use super::auth::authenticate;
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply, Resp, parse_i64};

pub static SPEC: Spec = Spec::session(
    "hello",
    -1,
    Flags::NOSCRIPT
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::FAST)
        .union(Flags::NO_AUTH)
        .union(Flags::ALLOW_BUSY),
    DOC,
    run,
)
.secrets(|args, at| (2..at).any(|auth| at - auth <= 2 && args.is(auth, "AUTH")));

const DOC: Doc = Doc {
    summary: "Chooses the version of the protocol and tells who the server is.",
    since: "6.0.0",
    group: Family::Connection,
    complexity: "O(1)",
    args: &[Arg::new(
        "arguments",
        ArgKind::Block(&[
            Arg::new("protover", ArgKind::Integer),
            Arg::new(
                "auth",
                ArgKind::Block(&[Arg::new("username", ArgKind::String), Arg::new("password", ArgKind::String)]),
            )
            .token("AUTH")
            .optional(),
            Arg::new("clientname", ArgKind::String).token("SETNAME").optional(),
        ]),
    )
    .optional()],
};

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    hello(call, args).into()
}

fn hello(call: &mut Call<'_>, args: &Args) -> Result<Reply, ReplyError> {
    let mut resp = call.session.resp;
    if let Some(version) = args.opt(1) {
        resp = match parse_i64(version) {
            Some(2) => Resp::V2,
            Some(3) => Resp::V3,
            Some(_) => return Err(ReplyError::new("NOPROTO unsupported protocol version")),
            None => return Err(ReplyError::new("ERR Protocol version is not an integer or out of range")),
        };
    }
    // Of several the last one counts.
    let (mut auth_at, mut name) = (None, None);
    let mut at = 2;
    while at < args.len() {
        let left = args.len() - 1 - at;
        if args.is(at, "AUTH") && left >= 2 {
            auth_at = Some(at);
            at += 3;
        } else if args.is(at, "SETNAME") && left >= 1 {
            let given = args.arg(at + 1);
            if !is_valid_name(given) {
                return Err(INVALID_NAME);
            }
            name = Some(bytes::Bytes::copy_from_slice(given));
            at += 2;
        } else {
            return Err(ReplyError::about("ERR Syntax error in HELLO option '", args.arg(at), "'"));
        }
    }
    if let Some(at) = auth_at {
        authenticate(call, args, args.arg(at + 1), args.arg(at + 2))?;
    }
    if !call.session.acting.is_authenticated {
        return Err(ReplyError::new(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> \
             <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
        ));
    }
    if let Some(name) = name {
        call.session.name = name;
    }
    call.session.resp = resp;
    let mode = if call.node.settings().cluster_enabled { "cluster" } else { "standalone" };
    let role = if call.node.shows_master() { "master" } else { "replica" };
    Ok(Reply::Map(vec![
        (Reply::bulk("server"), Reply::bulk("redis")),
        (Reply::bulk("version"), Reply::bulk(crate::sys::version::REDIS_VERSION)),
        (Reply::bulk("proto"), Reply::Int(resp as i64)),
        (Reply::bulk("id"), Reply::Int(call.session.client.id as i64)),
        (Reply::bulk("mode"), Reply::bulk(mode)),
        (Reply::bulk("role"), Reply::bulk(role)),
        (Reply::bulk("modules"), Reply::Array(vec![])),
    ]))
}

/// The refusal of a name with blanks or unprintable characters.
pub const INVALID_NAME: ReplyError =
    ReplyError::new("ERR Client names cannot contain spaces, newlines or special characters.");

/// True for a name that CLIENT LIST can show.
pub fn is_valid_name(name: &[u8]) -> bool {
    name.iter().all(|byte| (b'!'..=b'~').contains(byte))
}
