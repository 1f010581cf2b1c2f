//! TYPE

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec::read("type", 2, DOC, run).flags(Flags::FAST).keys(&[KeySpec::first(KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Returns the name of the type of a key's value, or none.",
    since: "1.0.0",
    group: Family::Generic,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    Ok(Reply::simple(view.find(args.arg(1)).map_or("none", |entry| entry.value().type_name())))
}
