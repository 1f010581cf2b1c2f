//! OBJECT REFCOUNT

use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Kind, Str, Value, ValueType, View};

pub static SPEC: Spec = Spec::read("object|refcount", 3, DOC, run).keys(&[KeySpec::range(2, 0, 1, KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Returns the number of references to a value, as Redis counts them.",
    since: "2.2.3",
    group: Family::Generic,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

/// What Redis answers for the small integers, which all keys share there.
const SHARED: i64 = i32::MAX as i64;

fn run(view: &View<'_>, args: &Args) -> Outcome {
    Ok(view.look_at(args.arg(2)).map_or(Reply::Nil, |entry| Reply::Int(references(entry.value()))))
}

/// How many references to a value there are, as Redis counts them.
pub fn references(value: &Value) -> i64 {
    let number = Str::of(value).filter(|s| s.encoding() == "int").and_then(|s| parse_i64(s.as_bytes()));
    let is_shared = number.is_some_and(|number| (0..10_000).contains(&number));
    if is_shared { SHARED } else { 1 }
}
