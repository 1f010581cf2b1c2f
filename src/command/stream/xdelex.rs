//! XDELEX, of Redis 8.2.

use super::deleting::{Deleting, IDS, REFS, code};
use super::ids::say_ids;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Deletion, Event, Refs, Stream, Txn};

pub static SPEC: Spec = Spec::write("xdelex", -5, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .check(|args| Deleting::parse(args, 2).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes entries of a stream by their ids, and what groups know of them, or only what no group needs any more.",
    since: "8.2.0",
    group: Family::Stream,
    complexity: "O(N*M) with the number of ids and of groups",
    args: &[Arg::new("key", ArgKind::Key(0)), REFS, IDS],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (key, deleting) = (args.arg(1), Deleting::parse(args, 2)?);
    let refs = deleting.refs;
    if txn.typed::<Stream>(key)?.is_none() {
        return Ok(deleting.nothing());
    }
    let ids = deleting.ids(args)?;
    say_ids(txn, key, &ids, |stream, id| stream.delete_units(id, refs))?;
    let deletions = txn.edit_quietly(key, Create::No, |stream: &mut Stream| {
        let is_pending = refs == Refs::Forget && ids.iter().any(|id| stream.is_pending(*id));
        let deletions: Vec<Deletion> = ids.iter().map(|id| stream.delete(*id, refs)).collect();
        let is_changed = is_pending || deletions.contains(&Deletion::Done);
        Ok((deletions, Changed(is_changed)))
    })?;
    let deletions = deletions.unwrap_or_default();
    if deletions.contains(&Deletion::Done) {
        txn.tell(key, Event::stream("xdel"));
    }
    Ok(Reply::Array(deletions.into_iter().map(code).collect()))
}
