//! SORT_RO

use super::sort::{CATEGORIES, PATTERNS};
use super::sorting::options::{Options, check_in_cluster, refuse_patterns};
use super::sorting::{reply, sorted};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec = Spec::read("sort_ro", -2, DOC, run)
    .since(3)
    .flags(Flags::MOVABLEKEYS.union(Flags::UNBOUNDED))
    .categories(CATEGORIES)
    .check(|args| Options::read(args, false).map(drop))
    .cluster_check(|args| check_in_cluster(args, false))
    .reads_any(|args| refuse_patterns(args, false))
    .given_keys(|_| vec![(1, KeyFlags::RO.union(KeyFlags::ACCESS))])
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS)), PATTERNS]);

const DOC: Doc = Doc {
    summary: "Sorts a list, a set or a sorted set, by its elements or by what other keys hold.",
    since: "7.0.0",
    group: Family::Generic,
    complexity: "O(N log(N)) with the number of elements",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("by-pattern", ArgKind::Pattern).token("BY").optional(),
        Arg::new("limit", ArgKind::Block(&[Arg::new("offset", ArgKind::Integer), Arg::new("count", ArgKind::Integer)]))
            .token("LIMIT")
            .optional(),
        Arg::new("get-pattern", ArgKind::Pattern).token("GET").optional().multiple().multiple_token(),
        Arg::new("order", ArgKind::OneOf(&[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")])).optional(),
        Arg::word("sorting", "ALPHA").optional(),
    ],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let options = Options::read(args, false)?;
    reply(sorted(view, args.arg(1), &options)?)
}
