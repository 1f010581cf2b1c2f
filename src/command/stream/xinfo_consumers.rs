//! XINFO CONSUMERS

use super::info::{KEY, stream};
use super::replies;
use crate::command::{Arg, ArgKind, Doc, Family, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{ELEMENT_UNITS, View};

pub static SPEC: Spec = Spec::read("xinfo|consumers", 4, DOC, run).since(3).keys(&[KEY]);

const DOC: Doc = Doc {
    summary: "Shows the consumers of a group.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(N) with the number of consumers",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("group", ArgKind::String)],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let stream = stream(view, args)?;
    let group = stream.group(args.arg(3)).ok_or_else(|| replies::no_group(args.arg(2), args.arg(3)))?;
    view.work(group.consumers().len() as u64 * ELEMENT_UNITS * 4)?;
    let ago = |ms: u64| view.now_ms().saturating_sub(ms) as i64;
    let consumers = group.consumers().map(|consumer| {
        replies::map([
            ("name", Reply::bulk(consumer.name())),
            ("pending", Reply::Int(consumer.pending_len() as i64)),
            ("idle", Reply::Int(ago(consumer.seen_ms))),
            ("inactive", Reply::Int(consumer.active_ms.map_or(-1, ago))),
        ])
    });
    Ok(Reply::Array(consumers.collect()))
}
