//! RPOP

use super::ends::{pop_command, pop_count};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{End, Txn};

pub static SPEC: Spec = Spec::write("rpop", -2, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .check(|args| pop_count(args, SPEC.name).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Takes the last elements off a list, and removes the list with its last one.",
    since: "1.0.0",
    group: Family::List,
    complexity: "O(N) with the number of elements returned",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("count", ArgKind::Integer).optional()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    pop_command(txn, args, End::Tail, SPEC.name)
}
