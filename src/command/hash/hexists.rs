//! HEXISTS

use super::field_work;
use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec {
    name: "hexists",
    arity: 3,
    flags: Flags::READONLY.union(Flags::FAST),
    categories: Categories::empty(),
    keys: &[KeySpec::first(KeyFlags::RO)],
    doc: Doc {
        summary: "Tells whether a hash has a field.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(1)",
        args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("field", ArgKind::String)],
    },
    run: Run::Read(run),
    subcommands: &[],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let hash = field_work::find(view, args.arg(1), 1)?;
    Ok(Reply::Int(hash.is_some_and(|hash| hash.get(args.arg(2)).is_some()).into()))
}
