//! HGET

use super::field_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("hget", 3, DOC, run).flags(Flags::FAST).keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the value of a field of a hash.",
    since: "2.0.0",
    group: Family::Hash,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("field", ArgKind::String)],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let hash = field_work::find(view, args.arg(1), 1)?;
    Ok(Reply::bulk_or_nil(hash.and_then(|hash| hash.get(args.arg(2)))))
}
