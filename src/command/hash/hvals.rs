//! HVALS

use super::strings::bulks;
use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Hash, View};

pub static SPEC: Spec = Spec {
    name: "hvals",
    arity: 2,
    flags: Flags::READONLY,
    categories: Categories::empty(),
    keys: &[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))],
    doc: Doc {
        summary: "Returns the values of all fields of a hash.",
        since: "2.0.0",
        group: Group::Hash,
        complexity: "O(N) with the number of fields of the hash",
        args: &[Arg::new("key", ArgKind::Key(0))],
    },
    run: Run::Read(run),
    subcommands: &[],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let Some(hash) = view.typed::<Hash>(args.arg(1))? else { return Ok(Reply::Array(Vec::new())) };
    view.work(hash.iter_units())?;
    Ok(Reply::Array(bulks(hash.iter().map(|(_, value)| value)).collect()))
}
