//! HEXISTS

use super::field_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec::read("hexists", 3, DOC, run).flags(Flags::FAST).keys(&[KeySpec::first(KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Tells whether a hash has a field.",
    since: "2.0.0",
    group: Family::Hash,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("field", ArgKind::String)],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let hash = field_work::find(view, args.arg(1), 1)?;
    Ok(Reply::Int(hash.is_some_and(|hash| hash.get(args.arg(2)).is_some()).into()))
}
