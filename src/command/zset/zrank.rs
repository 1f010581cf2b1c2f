//! ZRANK

use super::rank;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec = Spec::read("zrank", -3, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .check(|args| rank::with_score(args, SPEC.name).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the rank of a member of a sorted set, 0 for the lowest score.",
    since: "2.0.0",
    group: Family::SortedSet,
    complexity: "O(log N) with the number of members of the set",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("member", ArgKind::String),
        Arg::word("withscore", "WITHSCORE").optional(),
    ],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    rank::run(view, args, SPEC.name, false)
}
