//! LOCK.ACQUIRE

use super::request::{Acquire, NAME, OWNER, TTL, granted};
use crate::command::{Arg, ArgKind, Blocking, Doc, Family, Flags, KeyFlags, KeySpec, Spec, Wait};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{LockRequest, Txn, Wants};

/// The command. In scripts it may not wait (`command/call.rs`).
pub static SPEC: Spec = Spec::blocking(
    "lock.acquire",
    -3,
    DOC,
    Blocking { attempt, wait, wants: Wants::Lock, nothing: || Reply::NilArray, found_nothing: None },
)
.without(Flags::NOSCRIPT)
.since(3)
.flags(Flags::DENYOOM.union(Flags::NAMED))
.check(|args| Acquire::parse(args).map(drop))
.keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const MODE: ArgKind =
    ArgKind::OneOf(&[Arg::word("shared", "SHARED"), Arg::new("limit", ArgKind::Integer).token("LIMIT")]);

pub(super) const BINDING: ArgKind =
    ArgKind::OneOf(&[Arg::word("connection", "CONNECTION"), Arg::new("session", ArgKind::Integer).token("SESSION")]);

const DOC: Doc = Doc {
    summary: "Acquires a lock for its owner, or confirms that it holds it; waits in a fair queue, if asked to.",
    since: "0.2.0",
    group: Family::Lock,
    complexity: "O(N) with the number of holders",
    args: &[
        NAME,
        OWNER,
        Arg::new("ttl", TTL).optional(),
        Arg::new("wait", ArgKind::Integer).token("WAIT").optional(),
        Arg::new("mode", MODE).optional(),
        Arg::new("binding", BINDING).optional(),
        Arg::new("delay", ArgKind::Integer).token("DELAY").optional(),
    ],
};

fn wait(args: &Args) -> Result<Wait, ReplyError> {
    let Acquire { name, owner, mode, wait_ms, binding, .. } = Acquire::parse(args)?;
    let wait = Wait::new(wait_ms.map(|_| name), wait_ms.unwrap_or(0)).claiming(owner, mode);
    Ok(Wait { session: binding.session(), ..wait })
}

fn attempt(txn: &mut Txn<'_>, args: &Args) -> Result<Option<Reply>, ReplyError> {
    let Acquire { name, owner, ttl_ms, mode, binding, delay_ms, .. } = Acquire::parse(args)?;
    let request = LockRequest { owner, mode, ttl_ms, binding, delay_ms };
    Ok(txn.acquire(name, &request)?.as_ref().map(granted))
}
