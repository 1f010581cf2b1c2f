//! LLEN

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{List, View};

pub static SPEC: Spec =
    Spec::read("llen", 2, DOC, run).since(3).flags(Flags::FAST).keys(&[KeySpec::first(KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Returns the number of elements of a list.",
    since: "1.0.0",
    group: Family::List,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let list = view.typed::<List>(args.arg(1))?;
    Ok(Reply::Int(list.map_or(0, List::len) as i64))
}
