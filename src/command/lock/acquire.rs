//! LOCK.ACQUIRE

use super::request::{Acquire, NAME, OWNER, TTL, granted};
use crate::command::{Arg, ArgKind, Blocking, Doc, Family, Flags, KeyFlags, KeySpec, Spec, Wait};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Txn, Wants};

/// The command. In scripts it may not wait (`command/call.rs`).
pub static SPEC: Spec = Spec::blocking(
    "lock.acquire",
    -5,
    DOC,
    Blocking { attempt, wait, wants: Wants::Lock, nothing: || Reply::NilArray },
)
.without(Flags::NOSCRIPT)
.since(3)
.flags(Flags::DENYOOM)
.check(|args| Acquire::parse(args).map(drop))
.keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const MODE: ArgKind =
    ArgKind::OneOf(&[Arg::word("shared", "SHARED"), Arg::new("limit", ArgKind::Integer).token("LIMIT")]);

const DOC: Doc = Doc {
    summary: "Acquires a lock for its owner, or confirms that it holds it; waits in a fair queue, if asked to.",
    since: "0.2.0",
    group: Family::Lock,
    complexity: "O(N) with the number of holders",
    args: &[
        NAME,
        OWNER,
        Arg::new("ttl", TTL),
        Arg::new("wait", ArgKind::Integer).token("WAIT").optional(),
        Arg::new("mode", MODE).optional(),
    ],
};

fn wait(args: &Args) -> Result<Wait, ReplyError> {
    let Acquire { name, wait_ms, .. } = Acquire::parse(args)?;
    Ok(Wait::new(wait_ms.map(|_| name), wait_ms.unwrap_or(0)))
}

fn attempt(txn: &mut Txn<'_>, args: &Args) -> Result<Option<Reply>, ReplyError> {
    let Acquire { name, owner, ttl_ms, mode, .. } = Acquire::parse(args)?;
    Ok(txn.acquire(name, owner, mode, ttl_ms)?.as_ref().map(granted))
}
