//! HLEN

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Hash, View};

pub static SPEC: Spec = Spec {
    name: "hlen",
    arity: 2,
    flags: Flags::READONLY.union(Flags::FAST),
    categories: Categories::empty(),
    keys: &[KeySpec::first(KeyFlags::RO)],
    doc: Doc {
        summary: "Returns the number of fields of a hash.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(1)",
        args: &[Arg::new("key", ArgKind::Key(0))],
    },
    run: Run::Read(run),
    subcommands: &[],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let hash = view.typed::<Hash>(args.arg(1))?;
    Ok(Reply::Int(hash.map_or(0, Hash::len) as i64))
}
