//! XGROUP DESTROY. Whoever waits for entries of the group is told that it is gone.

use super::groups::{key, stream};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, ELEMENT_UNITS, Event, Stream, Txn};

pub static SPEC: Spec = Spec::write("xgroup|destroy", 4, DOC, run)
    .event(Event::stream("xgroup-destroy"))
    .since(3)
    .keys(&[key(KeyFlags::DELETE)]);

const DOC: Doc = Doc {
    summary: "Removes a consumer group.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(N) with the number of its pending entries",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("group", ArgKind::String)],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let parts = stream(txn, args)?.group(args.arg(3)).map_or(0, |group| group.pending_len() + group.consumers().len());
    txn.work(parts as u64 * ELEMENT_UNITS)?;
    let removed = txn.edit(args.arg(2), Create::No, |stream: &mut Stream| {
        let removed = stream.remove_group(args.arg(3));
        let changed = Changed(removed.is_some());
        Ok((removed, changed))
    })?;
    let removed = removed.flatten().map(|group| txn.discard_group(group));
    Ok(Reply::Int(i64::from(removed.is_some())))
}
