//! EXISTS

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("exists", -2, DOC, run).flags(Flags::FAST).keys(&[KeySpec::range(1, -1, 1, KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Counts which of the keys exist; a key named twice counts twice.",
    since: "1.0.0",
    group: Family::Generic,
    complexity: "O(N) with the number of keys",
    args: &[Arg::new("key", ArgKind::Key(0)).multiple()],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    Ok(Reply::Int(args.from(1).filter(|key| view.find(key).is_some()).count() as i64))
}
