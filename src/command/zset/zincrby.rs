//! ZINCRBY

use super::add;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("zincrby", 4, DOC, run)
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .find_name(|args, key| (args.opt(key + 2), None))
    .check(|args| add::request(args, true).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Adds to the score of a member of a sorted set; an absent member's counts as 0.",
    since: "1.2.0",
    group: Family::SortedSet,
    complexity: "O(log N) with the number of members of the set",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("increment", ArgKind::Double),
        Arg::new("member", ArgKind::String),
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    add::run(txn, args, true)
}
