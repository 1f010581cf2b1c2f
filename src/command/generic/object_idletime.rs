//! OBJECT IDLETIME

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec::read("object|idletime", 3, DOC, run)
    .flags(Flags::NODE_DEPENDENT)
    .keys(&[KeySpec::range(2, 0, 1, KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Returns for how many seconds this node has seen no access to a key.",
    since: "2.2.3",
    group: Family::Generic,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    Ok(view.look_at(args.arg(2)).map_or(Reply::Nil, |entry| Reply::Int(entry.idle_s(view.now_ms()) as i64)))
}
