//! HLEN

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec::read("hlen", 2, DOC, run).flags(Flags::FAST).keys(&[KeySpec::first(KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Returns the number of fields of a hash.",
    since: "2.0.0",
    group: Family::Hash,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let hash = view.hash(args.arg(1))?;
    Ok(Reply::Int(hash.map_or(0, |hash| hash.len()) as i64))
}
