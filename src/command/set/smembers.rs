//! SMEMBERS

use crate::command::strings::bulks;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Set, View};

pub static SPEC: Spec =
    Spec::read("smembers", 2, DOC, run).since(3).keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns all members of a set.",
    since: "1.0.0",
    group: Family::Set,
    complexity: "O(N) with the number of members of the set",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let Some(set) = view.typed::<Set>(args.arg(1))? else { return Ok(Reply::Set(Vec::new())) };
    view.work(set.iter_units())?;
    Ok(Reply::Set(bulks(set.iter()).collect()))
}
