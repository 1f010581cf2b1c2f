//! XDEL

use super::ids::{self, say_ids};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, Stream, StreamId, Txn};

pub static SPEC: Spec = Spec::write("xdel", -3, DOC, run)
    .event(Event::stream("xdel"))
    .since(3)
    .flags(Flags::FAST)
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes entries of a stream by their ids: returns how many there were.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(N) with the number of ids",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("id", ArgKind::String).multiple()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let key = args.arg(1);
    if txn.typed::<Stream>(key)?.is_none() {
        return Ok(Reply::Int(0));
    }
    let ids: Vec<StreamId> = args.from(2).map(ids::strict).collect::<Result<_, _>>()?;
    // Looked for, and cut out.
    say_ids(txn, key, &ids, |stream, id| 2 * stream.seek_units(id))?;
    let removed = txn.edit_quietly(key, Create::No, |stream: &mut Stream| {
        let removed = ids.iter().filter(|id| stream.remove(**id)).count();
        Ok((removed, Changed(removed > 0)))
    })?;
    Ok(Reply::Int(removed.unwrap_or(0) as i64))
}
