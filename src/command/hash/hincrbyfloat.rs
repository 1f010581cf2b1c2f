//! HINCRBYFLOAT

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::error::{NOT_A_FLOAT, ReplyError};
use crate::protocol::{Args, LongDouble, Reply};
use crate::store::{Changed, Create, Hash, HashLimits, Txn};

pub static SPEC: Spec = Spec {
    name: "hincrbyfloat",
    arity: 4,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    categories: Categories::empty(),
    keys: &[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    doc: Doc {
        summary: "Adds to the number in a field of a hash; an absent field counts as 0.",
        since: "2.6.0",
        group: Group::Hash,
        complexity: "O(1)",
        args: &[
            Arg::new("key", ArgKind::Key(0)),
            Arg::new("field", ArgKind::String),
            Arg::new("increment", ArgKind::Double),
        ],
    },
    run: Run::Write(run),
    subcommands: &[],
};

const FIELD_NOT_A_FLOAT: ReplyError = ReplyError::new("ERR hash value is not a float");
const INCREMENT_NOT_FINITE: ReplyError = ReplyError::new("ERR value is NaN or Infinity");
const SUM_NOT_FINITE: ReplyError = ReplyError::new("ERR increment would produce NaN or Infinity");

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let increment = LongDouble::parse(args.arg(3)).ok_or(NOT_A_FLOAT)?;
    if !increment.is_finite() {
        return Err(INCREMENT_NOT_FINITE);
    }
    let limits = HashLimits::from(&txn.state().options);
    let sum = txn.edit(args.arg(1), Create::Yes, |hash: &mut Hash| {
        let before = match hash.get(args.arg(2)) {
            Some(value) => LongDouble::parse(value).ok_or(FIELD_NOT_A_FLOAT)?,
            None => LongDouble::ZERO,
        };
        let sum = before + increment;
        if !sum.is_finite() {
            return Err(SUM_NOT_FINITE);
        }
        let text = sum.to_text();
        hash.set(args.arg(2), text.as_bytes(), limits);
        Ok((text, Changed(true)))
    })?;
    Ok(Reply::bulk_or_nil(sum))
}
