//! DECRBY

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::error::{NOT_AN_INTEGER, ReplyError};
use crate::protocol::{Args, parse_i64};
use crate::store::Txn;

use super::counter::count;

pub static SPEC: Spec = Spec {
    name: "decrby",
    arity: 3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    categories: Categories::empty(),
    keys: &[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    doc: Doc {
        summary: "Takes from the number that a key holds; an absent key counts as 0.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("decrement", ArgKind::Integer)],
    },
    run: Run::Write(run),
    subcommands: &[],
};

const NEGATION_OVERFLOW: ReplyError = ReplyError::new("ERR decrement would overflow");

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let decrement = parse_i64(args.arg(2)).ok_or(NOT_AN_INTEGER)?;
    count(txn, args.arg(1), decrement.checked_neg().ok_or(NEGATION_OVERFLOW)?)
}
