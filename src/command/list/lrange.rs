//! LRANGE

use super::index;
use crate::command::strings::bulks;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{List, View};

pub static SPEC: Spec = Spec::read("lrange", 4, DOC, run)
    .since(3)
    .check(|args| index::parse_range(args, 2).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the elements of a list from one index to another.",
    since: "1.0.0",
    group: Family::List,
    complexity: "O(N) with the number of elements returned, and a walk over blocks of elements in front of them",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("start", ArgKind::Integer), Arg::new("stop", ArgKind::Integer)],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let range = index::parse_range(args, 2)?;
    let Some(list) = view.typed::<List>(args.arg(1))? else { return Ok(Reply::Array(Vec::new())) };
    let range = index::range(range, list.len());
    view.work(list.range_units(range.len()))?;
    Ok(Reply::Array(bulks(list.iter_from(range.start).take(range.len())).collect()))
}
