//! ZMSCORE

use super::{member_work, replies};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec::read("zmscore", -3, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the scores of members of a sorted set.",
    since: "6.2.0",
    group: Family::SortedSet,
    complexity: "O(log N) for each member, with the number of members of the set",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("member", ArgKind::String).multiple()],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let set = member_work::find(view, args.arg(1), args.len() - 2)?;
    let score = |member| replies::score(set.and_then(|set| set.get(member)));
    Ok(Reply::Array(args.from(2).map(score).collect()))
}
