//! TOUCH

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("touch", -2, DOC, run).flags(Flags::FAST).keys(&[KeySpec::range(1, -1, 1, KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Resets the idle time of keys and counts those that exist.",
    since: "3.2.1",
    group: Family::Generic,
    complexity: "O(N) with the number of keys",
    args: &[Arg::new("key", ArgKind::Key(0)).multiple()],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    Ok(Reply::Int(args.from(1).filter(|key| view.touch(key).is_some()).count() as i64))
}
