//! LREM

use super::index;
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, End, Event, List, ListLimits, Txn};

pub static SPEC: Spec = Spec::write("lrem", 4, DOC, run)
    .event(Event::list("lrem"))
    .since(3)
    .check(|args| bound(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes elements of a list that are equal to the one given: the first or the last so many, or all.",
    since: "1.0.0",
    group: Family::List,
    complexity: "O(N) with the number of elements of the list",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("count", ArgKind::Integer),
        Arg::new("element", ArgKind::String),
    ],
};

/// How many at most, and from which end on.
fn bound(args: &Args) -> Result<(usize, End), ReplyError> {
    Ok(match index::parse(args, 2)? {
        // The lowest number removes all, as in Redis 7.2.
        0 | i64::MIN => (usize::MAX, End::Head),
        count => (count.unsigned_abs() as usize, if count < 0 { End::Tail } else { End::Head }),
    })
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (count, end) = bound(args)?;
    if txn.is_work_bounded() {
        let units = txn.typed::<List>(args.arg(1))?.map_or(0, List::iter_units);
        txn.work(units)?;
    }
    let limits = ListLimits::from(&txn.state().options);
    let removed = txn.edit(args.arg(1), Create::No, |list: &mut List| {
        let removed = list.remove_equal(args.arg(3), end, count, limits);
        Ok((removed as i64, Changed(removed > 0)))
    })?;
    Ok(Reply::Int(removed.unwrap_or_default()))
}
