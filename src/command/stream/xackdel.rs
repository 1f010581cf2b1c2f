//! XACKDEL, of Redis 8.2.

use super::deleting::{Deleting, IDS, REFS, code};
use super::ids::say_ids;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Deletion, Event, Refs, Stream, StreamId, Txn};

pub static SPEC: Spec = Spec::write("xackdel", -6, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .check(|args| Deleting::parse(args, 3).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE).union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Acknowledges entries in a group, and removes them from the stream, or only what no group needs any more.",
    since: "8.2.0",
    group: Family::Stream,
    complexity: "O(N*M) with the number of ids and of groups",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("group", ArgKind::String), REFS, IDS],
};

/// What is answered for an entry, and whether it is gone by this.
fn take(stream: &mut Stream, group: &[u8], id: StreamId, refs: Refs) -> (Deletion, bool) {
    if !stream.change_group(group, |group| group.acknowledge(id)).unwrap_or(false) {
        return (Deletion::Absent, false);
    }
    match stream.delete(id, refs) {
        Deletion::Referenced => (Deletion::Referenced, false),
        // Acknowledged, and not there afterwards: also of one that was gone before.
        deletion => (Deletion::Done, deletion == Deletion::Done),
    }
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (key, group, deleting) = (args.arg(1), args.arg(2), Deleting::parse(args, 3)?);
    let refs = deleting.refs;
    if txn.read_typed::<Stream>(key)?.is_none_or(|stream| stream.group(group).is_none()) {
        return Ok(deleting.nothing());
    }
    let ids = deleting.ids(args)?;
    say_ids(txn, key, &ids, |stream, id| stream.delete_units(id, refs))?;
    let taken = txn.edit_quietly(key, Create::No, |stream: &mut Stream| {
        let taken: Vec<(Deletion, bool)> = ids.iter().map(|id| take(stream, group, *id, refs)).collect();
        let is_changed = taken.iter().any(|(deletion, _)| *deletion != Deletion::Absent);
        Ok((taken, Changed(is_changed)))
    })?;
    let taken = taken.unwrap_or_default();
    if taken.iter().any(|(_, is_gone)| *is_gone) {
        txn.tell(key, Event::stream("xdel"));
    }
    Ok(Reply::Array(taken.into_iter().map(|(deletion, _)| code(deletion)).collect()))
}
