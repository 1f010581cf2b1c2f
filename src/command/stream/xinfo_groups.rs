//! XINFO GROUPS

use super::info::{KEY, stream};
use super::replies;
use crate::command::{Arg, ArgKind, Doc, Family, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{ELEMENT_UNITS, View};

pub static SPEC: Spec = Spec::read("xinfo|groups", 3, DOC, run).since(3).keys(&[KEY]);

const DOC: Doc = Doc {
    summary: "Shows the consumer groups of a stream.",
    since: "5.0.0",
    group: Family::Stream,
    complexity: "O(N) with the number of groups",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let stream = stream(view, args)?;
    view.work(stream.group_count() as u64 * ELEMENT_UNITS * 4)?;
    let past = stream.past();
    let groups = stream.groups().map(|(name, group)| {
        replies::map([
            ("name", Reply::bulk(name)),
            ("consumers", Reply::Int(group.consumers().len() as i64)),
            ("pending", Reply::Int(group.pending_len() as i64)),
            ("last-delivered-id", replies::id(group.last_id)),
            ("entries-read", replies::int_or_nil(group.entries_read)),
            ("lag", replies::int_or_nil(past.lag(group))),
        ])
    });
    Ok(Reply::Array(groups.collect()))
}
