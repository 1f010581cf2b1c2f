//! ZREVRANGEBYLEX

use super::span::{self, By, Form};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec = Spec::read("zrevrangebylex", -4, DOC, run)
    .since(3)
    .check(|args| span::request(args, 2, FORM).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the part of a sorted set between two members, if all have one score, backwards.",
    since: "2.8.9",
    group: Family::SortedSet,
    complexity: "O(log N + M) with the number of members of the set, and of those returned",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("max", ArgKind::String),
        Arg::new("min", ArgKind::String),
        Arg::new("limit", ArgKind::Block(&[Arg::new("offset", ArgKind::Integer), Arg::new("count", ArgKind::Integer)]))
            .token("LIMIT")
            .optional(),
    ],
};

const FORM: Form = Form { by: Some(By::Lex), reverse: Some(true), with_scores: true };

fn run(view: &View<'_>, args: &Args) -> Outcome {
    span::run(view, args, FORM)
}
