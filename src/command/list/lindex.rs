//! LINDEX

use super::index;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{List, View};

pub static SPEC: Spec =
    Spec::read("lindex", 3, DOC, run).since(3).keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the element of a list at an index; a negative one counts from the end.",
    since: "1.0.0",
    group: Family::List,
    complexity: "O(1) at the ends, and a walk over blocks of elements between them",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("index", ArgKind::Integer)],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    // As in Redis, the index is not even looked at where there is no list.
    let Some(list) = view.typed::<List>(args.arg(1))? else { return Ok(Reply::Nil) };
    let place = index::place(index::parse(args, 2)?, list.len());
    view.work(list.seek_units())?;
    Ok(Reply::bulk_or_nil(place.and_then(|place| list.get(place))))
}
