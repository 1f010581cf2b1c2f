//! TYPE

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec {
    name: "type",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    categories: Categories::empty(),
    keys: &[KeySpec::first(KeyFlags::RO)],
    doc: Doc {
        summary: "Returns the name of the type of a key's value, or none.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        args: &[Arg::new("key", ArgKind::Key(0))],
    },
    run: Run::Read(run),
    subcommands: &[],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    Ok(Reply::simple(view.peek(args.arg(1)).map_or("none", |entry| entry.value().type_name())))
}
