//! LSET

use super::index;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{NO_SUCH_KEY, ReplyError};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, List, ListLimits, Txn};

pub static SPEC: Spec = Spec::write("lset", 4, DOC, run)
    .event(Event::list("lset"))
    .since(3)
    .flags(Flags::DENYOOM)
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Puts another element in the place of the one at an index.",
    since: "1.0.0",
    group: Family::List,
    complexity: "O(1) at the ends, and a walk over blocks of elements between them",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("index", ArgKind::Integer),
        Arg::new("element", ArgKind::String),
    ],
};

const INDEX_OUT_OF_RANGE: ReplyError = ReplyError::new("ERR index out of range");

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    // As in Redis, the index is not even looked at where there is no list.
    let Some(list) = txn.typed::<List>(args.arg(1))? else { return Err(NO_SUCH_KEY) };
    let place = index::place(index::parse(args, 2)?, list.len());
    let units = list.seek_units();
    txn.work(units)?;
    let limits = ListLimits::from(&txn.state().options);
    let set = txn.edit(args.arg(1), Create::No, |list: &mut List| {
        // The representation may change even if there is no such place: an error would say that nothing has.
        let is_set = list.set(place.unwrap_or(usize::MAX), args.arg(3), limits);
        Ok((is_set, Changed(is_set)))
    })?;
    if set == Some(true) { Ok(Reply::Ok) } else { Err(INDEX_OUT_OF_RANGE) }
}
