//! LINSERT

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, List, ListLimits, Txn};

pub static SPEC: Spec = Spec::write("linsert", 5, DOC, run)
    .event(Event::list("linsert"))
    .since(3)
    .flags(Flags::DENYOOM)
    .check(|args| is_behind(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::INSERT))]);

const DOC: Doc = Doc {
    summary: "Adds an element in front of or behind the first one of a list that is equal to the pivot.",
    since: "2.2.0",
    group: Family::List,
    complexity: "O(N) with the number of elements in front of the pivot",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("where", ArgKind::OneOf(&[Arg::word("before", "BEFORE"), Arg::word("after", "AFTER")])),
        Arg::new("pivot", ArgKind::String),
        Arg::new("element", ArgKind::String),
    ],
};

fn is_behind(args: &Args) -> Result<bool, ReplyError> {
    if args.is(2, "AFTER") {
        Ok(true)
    } else if args.is(2, "BEFORE") {
        Ok(false)
    } else {
        Err(SYNTAX)
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let is_behind = is_behind(args)?;
    let (key, pivot, element) = (args.arg(1), args.arg(3), args.arg(4));
    let Some(list) = txn.typed::<List>(key)? else { return Ok(Reply::Int(0)) };
    let units = list.iter_units();
    txn.work(units)?;
    let limits = ListLimits::from(&txn.state().options);
    let len = txn.edit(key, Create::No, |list: &mut List| {
        list.expect([element], limits);
        let Some(place) = list.iter().position(|present| present == pivot) else { return Ok((-1, Changed(false))) };
        list.insert(place, is_behind, element, limits);
        Ok((list.len() as i64, Changed(true)))
    })?;
    Ok(Reply::Int(len.unwrap_or_default()))
}
