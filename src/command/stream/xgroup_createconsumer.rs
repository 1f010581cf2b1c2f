//! XGROUP CREATECONSUMER

use super::groups::{group, key};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, Stream, Txn};

pub static SPEC: Spec = Spec::write("xgroup|createconsumer", 5, DOC, run)
    .event(Event::stream("xgroup-createconsumer"))
    .since(3)
    .flags(Flags::DENYOOM)
    .keys(&[key(KeyFlags::INSERT)]);

const DOC: Doc = Doc {
    summary: "Makes a consumer of a group.",
    since: "6.2.0",
    group: Family::Stream,
    complexity: "O(log(N)) with the number of groups and consumers",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("group", ArgKind::String),
        Arg::new("consumer", ArgKind::String),
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    group(txn, args)?;
    let now_ms = txn.now_ms();
    let created = txn.edit_quietly(args.arg(2), Create::No, |stream: &mut Stream| {
        let created = stream.change_group(args.arg(3), |group| group.create_consumer(args.arg(4), now_ms));
        Ok((created == Some(true), Changed(created == Some(true))))
    })?;
    Ok(Reply::Int(i64::from(created == Some(true))))
}
