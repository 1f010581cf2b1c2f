//! DECR

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::protocol::Args;
use crate::store::Txn;

use super::counter::count;

pub static SPEC: Spec = Spec {
    name: "decr",
    arity: 2,
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::FAST),
    categories: Categories::empty(),
    keys: &[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))],
    doc: Doc {
        summary: "Takes one from the number that a key holds; an absent key counts as 0.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        args: &[Arg::new("key", ArgKind::Key(0))],
    },
    run: Run::Write(run),
    subcommands: &[],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    count(txn, args.arg(1), -1)
}
