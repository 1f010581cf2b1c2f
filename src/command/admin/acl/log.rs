//! ACL LOG: what this node has denied.

use super::super::{ADMIN, doc};
use super::LEVEL;
use crate::command::context::{AclEntry, Answer, Call};
use crate::command::{Arg, ArgKind, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::Denied;

const SHOWN: usize = 10;

pub static SPEC: Spec = Spec::session(
    "acl|log",
    -2,
    ADMIN,
    doc("6.0.0", "O(N) with the number of entries", "Shows what was denied on this node.").args(&[Arg::new(
        "operation",
        ArgKind::OneOf(&[Arg::new("count", ArgKind::Integer), Arg::word("reset", "RESET")]),
    )
    .optional()]),
    run,
)
.since(LEVEL);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    log(call, args).into()
}

fn log(call: &Call<'_>, args: &Args) -> Result<Reply, ReplyError> {
    if args.len() > 3 {
        return Err(crate::error::wrong_subcommand_arguments("ACL", args.arg(1)));
    }
    let count = match args.opt(2) {
        None => SHOWN,
        Some(_) if args.is(2, "reset") => {
            call.node.clear_acl_log();
            return Ok(Reply::Ok);
        }
        Some(count) => usize::try_from(parse_i64(count).ok_or(NOT_AN_INTEGER)?).unwrap_or(0),
    };
    let now_ms = call.node.process().now_ms;
    Ok(Reply::Array(call.node.acl_log(count).into_iter().map(|entry| shown(entry, now_ms)).collect()))
}

fn shown(entry: AclEntry, now_ms: u64) -> Reply {
    let reason = match entry.what {
        Denied::Command => "command",
        Denied::Key => "key",
        Denied::Channel => "channel",
        Denied::Auth => "auth",
    };
    let number = |number: u64| Reply::Int(number as i64);
    let fields = [
        ("count", number(entry.count)),
        ("reason", Reply::bulk(reason)),
        ("context", Reply::bulk(entry.context)),
        ("object", Reply::Bulk(entry.object)),
        ("username", Reply::Bulk(entry.user)),
        ("age-seconds", Reply::Double(now_ms.saturating_sub(entry.updated_ms) as f64 / 1000.0)),
        ("client-info", Reply::Bulk(entry.client)),
        ("entry-id", number(entry.id)),
        ("timestamp-created", number(entry.created_ms)),
        ("timestamp-last-updated", number(entry.updated_ms)),
    ];
    Reply::Map(fields.into_iter().map(|(name, value)| (Reply::bulk(name), value)).collect())
}
