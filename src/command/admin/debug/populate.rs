//! DEBUG POPULATE: makes many keys, through the log, as if a client had set each that is not there.
//!
//! Invariant: an entry of the log makes no more than [`KEYS_MAX`] keys or [`BYTES_MAX`] bytes, so apply is held up no longer than by other
//! entries; and a client that leaves, or a refusal (OOM, a full disk, no leader), ends it after the last one.

use super::{PROTECTED, doc};
use crate::command::context::{Answer, Call};
use crate::command::{Arg, ArgKind, Flags, Outcome, Spec};
use crate::error::{ReplyError, STRING_TOO_LONG, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Deadline, Str, Txn};

/// Keys that one entry makes.
const KEYS_MAX: u64 = 1000;
/// Bytes of their values; one of them may be longer.
const BYTES_MAX: u64 = 1 << 20;

pub static POPULATE: Spec = Spec::session(
    "debug|populate",
    -3,
    PROTECTED
        .difference(super::OPEN)
        .union(Flags::NO_MULTI)
        .union(Flags::CUTS_GROUP)
        .union(Flags::BLOCKING)
        .union(Flags::TIMED),
    doc("1.0.0", "O(N) with the number of keys", "Makes keys, those that are there left as they are.").args(&[
        Arg::new("count", ArgKind::Integer),
        Arg::new("prefix", ArgKind::String).optional(),
        Arg::new("size", ArgKind::Integer).optional(),
    ]),
    run,
)
.since(3);
/// `debug._put from count prefix size`: makes those of them that are not there.
pub static PUT: Spec =
    Spec::write("debug._put", 5, doc("1.0.0", "O(N)", "Makes some of the keys of DEBUG POPULATE."), put)
        .flags(Flags::NOSCRIPT.union(Flags::INTERNAL).union(Flags::DENYOOM))
        .since(3);

fn run(call: &mut Call<'_>, args: &Args) -> Answer {
    let positive = |at: usize| {
        let number = parse_i64(args.arg(at)).and_then(|number| u64::try_from(number).ok());
        number.ok_or(ReplyError::new("ERR value is out of range, must be positive"))
    };
    let size = if args.len() > 4 { positive(4) } else { Ok(0) };
    let (count, size) = match (positive(2), size) {
        (Ok(count), Ok(size)) => (count, size),
        (Err(error), _) | (_, Err(error)) => return Reply::Error(error).into(),
    };
    if args.len() > 5 {
        return Reply::Error(ReplyError::new(
            "ERR unknown subcommand or wrong number of arguments for 'populate'. Try DEBUG HELP.",
        ))
        .into();
    }
    let (node, db) = (call.node.clone(), call.session.db);
    let prefix = args.opt(3).unwrap_or(b"key").to_vec();
    let step = (BYTES_MAX / size.max(1)).clamp(1, KEYS_MAX);
    Answer::later(async move {
        let mut from = 0;
        while from < count {
            let some = step.min(count - from);
            let numbers = [from, some, size].map(|number| number.to_string().into_bytes());
            let [first, some_text, size] = &numbers;
            let words: [&[u8]; 5] = [PUT.name.as_bytes(), first, some_text, &prefix, size];
            let reply = node.execute_on(db, &PUT, Args::from_slices(words)).await;
            if reply.is_error() {
                return reply;
            }
            from += some;
        }
        Reply::Ok
    })
}

fn put(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let number = |at: usize| parse_i64(args.arg(at)).and_then(|number| u64::try_from(number).ok()).ok_or(SYNTAX);
    let (from, count, size) = (number(1)?, number(2)?, number(4)?);
    if count > KEYS_MAX || (count > 1 && count.saturating_mul(size) > BYTES_MAX) {
        return Err(SYNTAX);
    }
    if size > txn.state().options.bulk_len_max {
        return Err(STRING_TOO_LONG);
    }
    for number in from..from.saturating_add(count) {
        let mut key = args.arg(3).to_vec();
        key.extend_from_slice(format!(":{number}").as_bytes());
        if txn.exists(&key) {
            continue;
        }
        let mut value = format!("value:{number}").into_bytes();
        if size > 0 {
            value.resize(size as usize, 0);
        }
        txn.set(&key, Str::new(&value).into(), Deadline::Clear);
    }
    Ok(Reply::Ok)
}
