//! SISMEMBER

use super::member_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("sismember", 3, DOC, run).since(3).flags(Flags::FAST).keys(&[KeySpec::first(KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Tells whether a set has a member.",
    since: "1.0.0",
    group: Family::Set,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("member", ArgKind::String)],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let set = member_work::find(view, args.arg(1), 1)?;
    Ok(Reply::Int(set.is_some_and(|set| set.contains(args.arg(2))).into()))
}
