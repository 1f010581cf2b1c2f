//! HVALS

use crate::command::strings::bulks;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec = Spec::read("hvals", 2, DOC, run).keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS))]);

const DOC: Doc = Doc {
    summary: "Returns the values of all fields of a hash.",
    since: "2.0.0",
    group: Family::Hash,
    complexity: "O(N) with the number of fields of the hash",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let Some(hash) = view.hash(args.arg(1))? else { return Ok(Reply::Array(Vec::new())) };
    view.work(hash.iter_units())?;
    Ok(Reply::Array(bulks(hash.iter().map(|(_, value)| value)).collect()))
}
