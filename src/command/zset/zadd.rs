//! ZADD

use super::add;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("zadd", -4, DOC, run)
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .find_name(add::name)
    .check(|args| add::request(args, false).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Sets the scores of members of a sorted set; makes the set if there is none.",
    since: "1.2.0",
    group: Family::SortedSet,
    complexity: "O(log N) for each member, with the number of members of the set",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("condition", ArgKind::OneOf(&[Arg::word("nx", "NX"), Arg::word("xx", "XX")])).optional(),
        Arg::new("comparison", ArgKind::OneOf(&[Arg::word("gt", "GT"), Arg::word("lt", "LT")])).optional(),
        Arg::word("change", "CH").optional(),
        Arg::word("increment", "INCR").optional(),
        Arg::new("data", ArgKind::Block(&[Arg::new("score", ArgKind::Double), Arg::new("member", ArgKind::String)]))
            .multiple(),
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    add::run(txn, args, false)
}
