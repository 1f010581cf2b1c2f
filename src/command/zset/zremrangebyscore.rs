//! ZREMRANGEBYSCORE

use super::numbers::score_range;
use super::removal;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{Event, Txn};

pub static SPEC: Spec = Spec::write("zremrangebyscore", 4, DOC, run)
    .event(Event::zset("zremrangebyscore"))
    .since(3)
    .check(|args| score_range(args.arg(2), args.arg(3)).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes the members of a sorted set between two scores.",
    since: "1.2.0",
    group: Family::SortedSet,
    complexity: "O(M log N) with the number of members of the set, and of those removed",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("min", ArgKind::Double), Arg::new("max", ArgKind::Double)],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let range = score_range(args.arg(2), args.arg(3))?;
    removal::run(txn, args, |set| set.score_ranks(&range))
}
