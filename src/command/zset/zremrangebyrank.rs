//! ZREMRANGEBYRANK

use super::numbers::{integer, ranks};
use super::removal;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::Args;
use crate::store::{Event, Txn};

pub static SPEC: Spec = Spec::write("zremrangebyrank", 4, DOC, run)
    .event(Event::zset("zremrangebyrank"))
    .since(3)
    .check(|args| bounds(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes the members of a sorted set from one rank to another.",
    since: "2.0.0",
    group: Family::SortedSet,
    complexity: "O(M log N) with the number of members of the set, and of those removed",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("start", ArgKind::Integer), Arg::new("stop", ArgKind::Integer)],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (from, to) = bounds(args)?;
    removal::run(txn, args, |set| ranks(from, to, set.len()))
}

fn bounds(args: &Args) -> Result<(i64, i64), ReplyError> {
    Ok((integer(args.arg(2))?, integer(args.arg(3))?))
}
