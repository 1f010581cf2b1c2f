//! ZREVRANGE

use super::span::{self, By, Form};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec = Spec::read("zrevrange", -4, DOC, run)
    .since(3)
    .check(|args| span::request(args, 2, FORM).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns a part of a sorted set by rank, the highest scores first.",
    since: "1.2.0",
    group: Family::SortedSet,
    complexity: "O(log N + M) with the number of members of the set, and of those returned",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("start", ArgKind::Integer),
        Arg::new("stop", ArgKind::Integer),
        Arg::word("withscores", "WITHSCORES").optional(),
    ],
};

const FORM: Form = Form { by: Some(By::Rank), reverse: Some(true), with_scores: true };

fn run(view: &View<'_>, args: &Args) -> Outcome {
    span::run(view, args, FORM)
}
