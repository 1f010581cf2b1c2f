//! KEYS

use crate::command::generic::name_pattern::NamePattern;
use crate::command::{Arg, ArgKind, Categories, Doc, Family, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{ELEMENT_UNITS, SHARDS, View};

pub static SPEC: Spec = Spec::read("keys", 2, DOC, run).flags(Flags::UNBOUNDED).categories(Categories::DANGEROUS);

const DOC: Doc = Doc {
    summary: "Returns all keys whose names match a pattern.",
    since: "1.0.0",
    group: Family::Generic,
    complexity: "O(N) with the number of keys in the database",
    args: &[Arg::new("pattern", ArgKind::Pattern)],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let pattern = NamePattern::new(args.arg(1));
    view.work(view.db().len() as u64 * ELEMENT_UNITS)?;
    let mut found = Vec::new();
    for shard in 0..SHARDS {
        // In order of position: a script reads this in apply.
        for entry in view.db().shard_in_order(shard) {
            view.work(pattern.units(entry.key()))?;
            if pattern.matches(entry.key()) && view.is_alive(entry) {
                found.push(Reply::bulk(entry.key()));
            }
        }
    }
    Ok(Reply::Array(found))
}
