//! INCRBY

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::error::NOT_AN_INTEGER;
use crate::protocol::{Args, parse_i64};
use crate::store::Txn;

use super::counter::count;

pub static SPEC: Spec = Spec {
    name: "incrby",
    arity: 3,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    categories: Categories::empty(),
    keys: &[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    doc: Doc {
        summary: "Adds to the number that a key holds; an absent key counts as 0.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("increment", ArgKind::Integer)],
    },
    run: Run::Write(run),
    subcommands: &[],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    count(txn, args.arg(1), parse_i64(args.arg(2)).ok_or(NOT_AN_INTEGER)?)
}
