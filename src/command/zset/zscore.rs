//! ZSCORE

use super::{member_work, replies};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec = Spec::read("zscore", 3, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the score of a member of a sorted set.",
    since: "1.2.0",
    group: Family::SortedSet,
    complexity: "O(log N) with the number of members of the set",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("member", ArgKind::String)],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let set = member_work::find(view, args.arg(1), 1)?;
    Ok(replies::score(set.and_then(|set| set.get(args.arg(2)))))
}
