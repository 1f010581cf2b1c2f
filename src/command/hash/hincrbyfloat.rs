//! HINCRBYFLOAT

use super::field_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_A_FLOAT, ReplyError};
use crate::protocol::{Args, LongDouble, Reply};
use crate::store::{Changed, Create, Event, HashLimits, Txn};

pub static SPEC: Spec = Spec::write("hincrbyfloat", 4, DOC, run)
    .event(Event::hash("hincrbyfloat"))
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .check(|args| increment(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Adds to the number in a field of a hash; an absent field counts as 0.",
    since: "2.6.0",
    group: Family::Hash,
    complexity: "O(1)",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("field", ArgKind::String),
        Arg::new("increment", ArgKind::Double),
    ],
};

const FIELD_NOT_A_FLOAT: ReplyError = ReplyError::new("ERR hash value is not a float");
const INCREMENT_NOT_FINITE: ReplyError = ReplyError::new("ERR value is NaN or Infinity");
const SUM_NOT_FINITE: ReplyError = ReplyError::new("ERR increment would produce NaN or Infinity");

fn increment(args: &Args) -> Result<LongDouble, ReplyError> {
    let increment = LongDouble::parse(args.arg(3)).ok_or(NOT_A_FLOAT)?;
    if increment.is_finite() { Ok(increment) } else { Err(INCREMENT_NOT_FINITE) }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let increment = increment(args)?;
    txn.work(LongDouble::text_units(args.arg(3).len()))?;
    let limits = HashLimits::from(&txn.state().options);
    field_work::announce(txn, args.arg(1), 1, 1, limits)?;
    let sum = txn.edit_hash(args.arg(1), Create::Yes, |hash| {
        let (before, before_len) = match hash.get(args.arg(2)) {
            Some(value) => (LongDouble::parse(value).ok_or(FIELD_NOT_A_FLOAT)?, value.len()),
            None => (LongDouble::ZERO, 0),
        };
        let sum = before + increment;
        if !sum.is_finite() {
            return Err(SUM_NOT_FINITE);
        }
        let text = sum.to_text();
        hash.set_keeping(args.arg(2), text.as_bytes(), limits);
        Ok(((text, before_len), Changed(true)))
    })?;
    let Some((text, before_len)) = sum else { return Ok(Reply::Nil) };
    // Known only now.
    txn.work(LongDouble::text_units(before_len) + LongDouble::text_units(text.len()))?;
    Ok(Reply::bulk(text))
}
