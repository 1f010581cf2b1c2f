//! ZREMRANGEBYLEX

use super::numbers::lex_range;
use super::removal;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{Event, Txn};

pub static SPEC: Spec = Spec::write("zremrangebylex", 4, DOC, run)
    .event(Event::zset("zremrangebylex"))
    .since(3)
    .check(|args| lex_range(args.arg(2), args.arg(3)).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes the members of a sorted set between two members, if all have one score.",
    since: "2.8.9",
    group: Family::SortedSet,
    complexity: "O(M log N) with the number of members of the set, and of those removed",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("min", ArgKind::String), Arg::new("max", ArgKind::String)],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let range = lex_range(args.arg(2), args.arg(3))?;
    removal::run(txn, args, |set| set.lex_ranks(&range, false, 0))
}
