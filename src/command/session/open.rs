//! SESSION.OPEN

use super::{LEVEL, doc};
use crate::command::{Arg, ArgKind, Doc, Flags, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX, invalid_expire};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("session.open", -3, DOC, run)
    .since(LEVEL)
    .flags(Flags::DENYOOM.union(Flags::FAST).union(Flags::NAMED))
    .check(|args| parse(args).map(drop));

const DOC: Doc = doc(
    "O(log(N)) with the number of sessions",
    "Opens a session that ends unless it is kept alive, and answers its id, which is never used again.",
    &[
        Arg::new("milliseconds", ArgKind::Integer).token("PX"),
        Arg::new("label", ArgKind::String).token("NAME").optional(),
    ],
);

/// Longest life of a session that is not kept alive: ten years, ms.
const TIMEOUT_MAX_MS: i64 = 10 * 365 * 24 * 3600 * 1000;
const LABEL_MAX: usize = 512;

const TIMEOUT_TOO_LONG: ReplyError = ReplyError::new("LIMIT a session lives for at most 10 years at a time");
const LABEL_TOO_LONG: ReplyError = ReplyError::new("LIMIT the name of a session has at most 512 bytes");

/// `PX ms [NAME label]`, in any order: the time and the label.
fn parse(args: &Args) -> Result<(u64, &[u8]), ReplyError> {
    let (mut timeout_ms, mut label) = (None, None);
    for at in (1..args.len()).step_by(2) {
        let value = args.opt(at + 1).ok_or(SYNTAX)?;
        let is_new = if args.is(at, "PX") {
            let ms = parse_i64(value).ok_or(NOT_AN_INTEGER)?;
            if ms <= 0 {
                return Err(invalid_expire(SPEC.name));
            }
            if ms > TIMEOUT_MAX_MS {
                return Err(TIMEOUT_TOO_LONG);
            }
            timeout_ms.replace(ms.unsigned_abs()).is_none()
        } else if args.is(at, "NAME") {
            label.replace(value).is_none()
        } else {
            false
        };
        if !is_new {
            return Err(SYNTAX);
        }
    }
    let label = label.unwrap_or_default();
    if label.len() > LABEL_MAX {
        return Err(LABEL_TOO_LONG);
    }
    Ok((timeout_ms.ok_or(SYNTAX)?, label))
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (timeout_ms, label) = parse(args)?;
    Ok(Reply::Int(txn.open_session(timeout_ms, label)? as i64))
}
