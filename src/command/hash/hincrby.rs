//! HINCRBY

use super::field_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, OVERFLOW, ReplyError};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Changed, Create, Event, HashLimits, Txn};

pub static SPEC: Spec = Spec::write("hincrby", 4, DOC, run)
    .event(Event::hash("hincrby"))
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .check(|args| increment(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Adds to the integer in a field of a hash; an absent field counts as 0.",
    since: "2.0.0",
    group: Family::Hash,
    complexity: "O(1)",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("field", ArgKind::String),
        Arg::new("increment", ArgKind::Integer),
    ],
};

const FIELD_NOT_AN_INTEGER: ReplyError = ReplyError::new("ERR hash value is not an integer");

fn increment(args: &Args) -> Result<i64, ReplyError> {
    parse_i64(args.arg(3)).ok_or(NOT_AN_INTEGER)
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let increment = increment(args)?;
    let limits = HashLimits::from(&txn.state().options);
    field_work::announce(txn, args.arg(1), 1, 1, limits)?;
    let sum = txn.edit_hash(args.arg(1), Create::Yes, |hash| {
        let before = match hash.get(args.arg(2)) {
            Some(value) => parse_i64(value).ok_or(FIELD_NOT_AN_INTEGER)?,
            None => 0,
        };
        let sum = before.checked_add(increment).ok_or(OVERFLOW)?;
        hash.set_keeping(args.arg(2), itoa::Buffer::new().format(sum).as_bytes(), limits);
        Ok((sum, Changed(true)))
    })?;
    Ok(Reply::Int(sum.unwrap_or_default()))
}
