//! SMISMEMBER

use super::member_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("smismember", -3, DOC, run).since(3).flags(Flags::FAST).keys(&[KeySpec::first(KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Tells of each of several members whether a set has it.",
    since: "6.2.0",
    group: Family::Set,
    complexity: "O(N) with the number of members given",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("member", ArgKind::String).multiple()],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let set = member_work::find(view, args.arg(1), args.len() - 2)?;
    let is_member = |member| Reply::Int(set.is_some_and(|set| set.contains(member)).into());
    Ok(Reply::Array(args.from(2).map(is_member).collect()))
}
