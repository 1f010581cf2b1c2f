//! SORT

use super::sorting::options::{self, Options};
use super::sorting::{list, reply, sorted};
use crate::command::{Arg, ArgKind, Categories, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Deadline, Event, ListLimits, Txn};

pub static SPEC: Spec = Spec::write("sort", -2, DOC, run)
    .event(Event::list("sortstore"))
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::MOVABLEKEYS).union(Flags::UNBOUNDED))
    .categories(CATEGORIES)
    .check(|args| Options::read(args, true).map(drop))
    .cluster_check(|args| options::check_in_cluster(args, true))
    .reads_any(|args| options::refuse_patterns(args, true))
    .given_keys(options::keys)
    .keys(&[KeySpec::first(KeyFlags::RO.union(KeyFlags::ACCESS)), PATTERNS, STORED]);

/// Redis counts it among the commands of what it sorts.
pub(super) const CATEGORIES: Categories =
    Categories::SET.union(Categories::SORTEDSET).union(Categories::LIST).union(Categories::DANGEROUS);
/// What BY and GET look up.
pub(super) const PATTERNS: KeySpec = KeySpec::unknown(KeyFlags::RO.union(KeyFlags::ACCESS));
const STORED: KeySpec = KeySpec::unknown(KeyFlags::OW.union(KeyFlags::UPDATE));

const DOC: Doc = Doc {
    summary: "Sorts a list, a set or a sorted set, by its elements or by what other keys hold; the result is shown, or stored as a list.",
    since: "1.0.0",
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
        Arg::new("destination", ArgKind::Key(2)).token("STORE").optional(),
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let options = Options::read(args, true)?;
    let limits = ListLimits::from(&txn.state().options);
    // Only a script asks: what it may do is counted on a view that may do so much.
    let view = txn.bounded_view();
    let result = sorted(&view, args.arg(1), &options);
    let (tally, units) = (view.take_tally(), view.worked());
    txn.count(tally);
    txn.work(units)?;
    let result = result?;
    let Some(store_at) = options.store_at else { return reply(result) };
    if result.is_empty() {
        txn.remove(args.arg(store_at));
    } else {
        txn.set(args.arg(store_at), list(&result, limits).into(), Deadline::Clear);
    }
    Ok(Reply::Int(result.len() as i64))
}
