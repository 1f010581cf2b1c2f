//! SCARD

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Set, View};

pub static SPEC: Spec =
    Spec::read("scard", 2, DOC, run).since(3).flags(Flags::FAST).keys(&[KeySpec::first(KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Returns the number of members of a set.",
    since: "1.0.0",
    group: Family::Set,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let set = view.typed::<Set>(args.arg(1))?;
    Ok(Reply::Int(set.map_or(0, Set::len) as i64))
}
