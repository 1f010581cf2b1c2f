//! ZPOPMIN

use super::pop::Extreme;
use super::pop_end;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("zpopmin", -2, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .check(|args| pop_end::count(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Takes out and returns the members of lowest scores of a sorted set.",
    since: "5.0.0",
    group: Family::SortedSet,
    complexity: "O(M log N) with the number of members of the set, and of those taken",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("count", ArgKind::Integer).optional()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    pop_end::run(txn, args, Extreme::Min)
}
