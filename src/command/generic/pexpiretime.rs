//! PEXPIRETIME

use crate::command::generic::lifetime::{Shown, Unit, report};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec = Spec::read("pexpiretime", 2, DOC, run)
    .flags(Flags::FAST)
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the Unix time in milliseconds at which a key expires.",
    since: "7.0.0",
    group: Family::Generic,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    Ok(report(view, args.arg(1), Shown::Deadline, Unit::Milliseconds))
}
