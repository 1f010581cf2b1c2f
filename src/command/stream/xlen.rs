//! XLEN

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Stream, View};

pub static SPEC: Spec =
    Spec::read("xlen", 2, DOC, run).since(3).flags(Flags::FAST).keys(&[KeySpec::first(KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Returns the number of entries of a stream.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    Ok(Reply::Int(view.typed::<Stream>(args.arg(1))?.map_or(0, |stream| stream.len() as i64)))
}
