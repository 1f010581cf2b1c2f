//! XACK

use super::ids;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Stream, StreamId, Txn};

pub static SPEC: Spec = Spec::write("xack", -4, DOC, run)
    .since(3)
    .flags(Flags::FAST)
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Acknowledges entries: returns how many of them were pending in the group.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(N*log(M)) with the number of ids and of pending entries",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("group", ArgKind::String),
        Arg::new("id", ArgKind::String).multiple(),
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (key, group) = (args.arg(1), args.arg(2));
    // Where nothing can be pending, Redis reads no ids.
    if txn.read_typed::<Stream>(key)?.is_none_or(|stream| stream.group(group).is_none()) {
        return Ok(Reply::Int(0));
    }
    let ids: Vec<StreamId> = args.from(3).map(ids::strict).collect::<Result<_, _>>()?;
    let acknowledged = txn.edit_quietly(key, Create::No, |stream: &mut Stream| {
        let acknowledged =
            stream.change_group(group, |group| ids.iter().filter(|id| group.acknowledge(**id)).count()).unwrap_or(0);
        Ok((acknowledged, Changed(acknowledged > 0)))
    })?;
    Ok(Reply::Int(acknowledged.unwrap_or(0) as i64))
}
