//! HMGET

use super::field_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("hmget", -3, DOC, run).flags(Flags::FAST).keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the values of fields of a hash.",
    since: "2.0.0",
    group: Family::Hash,
    complexity: "O(N) with the number of fields given",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("field", ArgKind::String).multiple()],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let hash = field_work::find(view, args.arg(1), args.len() - 2)?;
    let value = |field| Reply::bulk_or_nil(hash.and_then(|hash| hash.get(field)));
    Ok(Reply::Array(args.from(2).map(value).collect()))
}
