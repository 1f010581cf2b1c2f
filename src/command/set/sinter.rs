//! SINTER

use super::algebra::{Operation, reply};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("sinter", -2, DOC, run).since(3).keys(&[KeySpec::range(1, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the members that all of several sets have.",
    since: "1.0.0",
    group: Family::Set,
    complexity: "O(N*M) with the number of members of the smallest set and the number of sets",
    args: &[Arg::new("key", ArgKind::Key(0)).multiple()],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    reply(view, args, Operation::Intersection)
}
