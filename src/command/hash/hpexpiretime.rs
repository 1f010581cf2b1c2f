//! HPEXPIRETIME

use super::field_lifetime::{KEYS, named, report};
use super::field_list::FIELDS;
use crate::command::generic::lifetime::{Shown, Unit};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Outcome, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("hpexpiretime", -5, DOC, run).since(3).flags(Flags::FAST).check(|args| named(args).map(drop)).keys(KEYS);

const DOC: Doc = Doc {
    summary: "Returns at which Unix time in milliseconds fields of a hash expire.",
    since: "7.4.0",
    group: Family::Hash,
    complexity: "O(N) with the number of fields given",
    args: &[Arg::new("key", ArgKind::Key(0)), FIELDS],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    report(view, args, Shown::Deadline, Unit::Milliseconds)
}
