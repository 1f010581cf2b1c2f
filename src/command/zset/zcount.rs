//! ZCOUNT

use super::member_work;
use super::numbers::score_range;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec::read("zcount", 4, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .check(|args| score_range(args.arg(2), args.arg(3)).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Counts the members of a sorted set between two scores.",
    since: "2.0.0",
    group: Family::SortedSet,
    complexity: "O(log N) with the number of members of the set",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("min", ArgKind::Double), Arg::new("max", ArgKind::Double)],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let range = score_range(args.arg(2), args.arg(3))?;
    let set = member_work::find(view, args.arg(1), 2)?;
    Ok(Reply::Int(set.map_or(0, |set| set.score_ranks(&range).len()) as i64))
}
