//! LTRIM

use super::index;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, List, ListLimits, Txn};

pub static SPEC: Spec = Spec::write("ltrim", 4, DOC, run)
    .event(Event::list("ltrim"))
    .since(3)
    .check(|args| index::parse_range(args, 2).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes the elements of a list that are not between two indices.",
    since: "1.0.0",
    group: Family::List,
    complexity: "O(N) with the number of elements removed",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("start", ArgKind::Integer), Arg::new("stop", ArgKind::Integer)],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let range = index::parse_range(args, 2)?;
    if txn.is_work_bounded() {
        let units = txn.typed::<List>(args.arg(1))?.map_or(0, List::iter_units);
        txn.work(units)?;
    }
    let limits = ListLimits::from(&txn.state().options);
    txn.edit(args.arg(1), Create::No, |list: &mut List| {
        list.trim(index::range(range, list.len()), limits);
        // Counts as a change even if nothing goes, as in Redis.
        Ok(((), Changed(true)))
    })?;
    Ok(Reply::Ok)
}
