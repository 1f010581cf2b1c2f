//! PUBSUB NUMSUB, SHARDNUMSUB

use super::{LEVEL, PLAIN, doc};
use crate::command::{Arg, ArgKind, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{SubscriptionKind, View};

const COMPLEXITY: &str = "O(N) where N is the number of channels that are asked for.";

pub static NUMSUB: Spec = Spec::read(
    "pubsub|numsub",
    -2,
    doc("2.8.0", COMPLEXITY, "Counts the clients of all nodes that are subscribed to channels.").args(&[Arg::new(
        "channel",
        ArgKind::String,
    )
    .optional()
    .multiple()]),
    |view, args| run(view, args, SubscriptionKind::Channel),
)
.without(Flags::READONLY)
.flags(PLAIN)
.since(LEVEL);

pub static SHARD_NUMSUB: Spec = Spec::read(
    "pubsub|shardnumsub",
    -2,
    doc("7.0.0", COMPLEXITY, "Counts the clients of all nodes that are subscribed to shard channels.")
        .args(&[Arg::new("shardchannel", ArgKind::String).optional().multiple()]),
    |view, args| run(view, args, SubscriptionKind::Shard),
)
.without(Flags::READONLY)
.flags(PLAIN)
.since(LEVEL);

fn run(view: &View<'_>, args: &Args, kind: SubscriptionKind) -> Outcome {
    let subscriptions = view.state().subscriptions();
    let count = |at| [Reply::Bulk(args.bytes(at)), Reply::Int(subscriptions.count(kind, args.arg(at)) as i64)];
    Ok(Reply::Array((2..args.len()).flat_map(count).collect()))
}
