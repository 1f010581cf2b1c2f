//! OBJECT ENCODING

use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec::read("object|encoding", 3, DOC, run).keys(&[KeySpec::range(2, 0, 1, KeyFlags::RO)]);

const DOC: Doc = Doc {
    summary: "Returns the name of the form in which a value is kept.",
    since: "2.2.3",
    group: Family::Generic,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    Ok(view.look_at(args.arg(2)).map_or(Reply::Nil, |entry| Reply::bulk(entry.value().encoding())))
}
