//! EXPIRETIME

use crate::command::generic::lifetime::{Shown, Unit, report};
use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec = Spec {
    name: "expiretime",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    categories: Categories::empty(),
    keys: &[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))],
    doc: Doc {
        summary: "Returns the Unix time in seconds at which a key expires.",
        since: "7.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        args: &[Arg::new("key", ArgKind::Key(0))],
    },
    run: Run::Read(run),
    subcommands: &[],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    Ok(report(view, args.arg(1), Shown::Deadline, Unit::Seconds))
}
