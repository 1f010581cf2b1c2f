//! DECRBY

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, parse_i64};
use crate::store::{Event, Txn};

use super::counter::count;

pub static SPEC: Spec = Spec::write("decrby", 3, DOC, run)
    .event(Event::string("incrby"))
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .check(|args| increment(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Takes from the number that a key holds; an absent key counts as 0.",
    since: "1.0.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("decrement", ArgKind::Integer)],
};

const NEGATION_OVERFLOW: ReplyError = ReplyError::new("ERR decrement would overflow");

fn increment(args: &Args) -> Result<i64, ReplyError> {
    parse_i64(args.arg(2)).ok_or(NOT_AN_INTEGER)?.checked_neg().ok_or(NEGATION_OVERFLOW)
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    count(txn, args.arg(1), increment(args)?)
}
