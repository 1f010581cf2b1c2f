//! XGROUP DELCONSUMER

use super::groups::{group, key};
use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, ELEMENT_UNITS, Event, Stream, Txn};

pub static SPEC: Spec = Spec::write("xgroup|delconsumer", 5, DOC, run)
    .event(Event::stream("xgroup-delconsumer"))
    .since(3)
    .keys(&[key(KeyFlags::DELETE)]);

const DOC: Doc = Doc {
    summary: "Removes a consumer with its pending entries: returns how many those were.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(N*log(M)) with the number of its pending entries and of all",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("group", ArgKind::String),
        Arg::new("consumer", ArgKind::String),
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let pending = group(txn, args)?.consumer(args.arg(4)).map_or(0, |consumer| consumer.pending_len());
    txn.work(pending as u64 * 2 * ELEMENT_UNITS)?;
    let removed = txn.edit_quietly(args.arg(2), Create::No, |stream: &mut Stream| {
        let removed = stream.change_group(args.arg(3), |group| group.remove_consumer(args.arg(4))).flatten();
        Ok((removed.unwrap_or(0), Changed(removed.is_some())))
    })?;
    Ok(Reply::Int(removed.unwrap_or(0) as i64))
}
