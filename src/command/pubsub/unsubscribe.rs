//! UNSUBSCRIBE, PUNSUBSCRIBE, SUNSUBSCRIBE

use super::{LEVEL, SHARD_CHANNELS, SUBSCRIBING, doc};
use crate::command::{Arg, ArgKind, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{SubscriptionKind, Txn};

const COMPLEXITY: &str = "O(N) where N is the number of subscriptions to end.";
const FLAGS: Flags = SUBSCRIBING.union(Flags::FREES);

pub static UNSUBSCRIBE: Spec = Spec::write(
    "unsubscribe",
    -1,
    doc("2.0.0", COMPLEXITY, "Stops listening for messages on channels, or on all.").args(&[Arg::new(
        "channel",
        ArgKind::String,
    )
    .optional()
    .multiple()]),
    |txn, args| run(txn, args, SubscriptionKind::Channel),
)
.without(Flags::WRITE)
.flags(FLAGS)
.since(LEVEL);

pub static PUNSUBSCRIBE: Spec = Spec::write(
    "punsubscribe",
    -1,
    doc("2.0.0", COMPLEXITY, "Stops listening for messages on channels that match patterns, or all patterns.")
        .args(&[Arg::new("pattern", ArgKind::Pattern).optional().multiple()]),
    |txn, args| run(txn, args, SubscriptionKind::Pattern),
)
.without(Flags::WRITE)
.flags(FLAGS)
.since(LEVEL);

pub static SUNSUBSCRIBE: Spec = Spec::write(
    "sunsubscribe",
    -1,
    doc("7.0.0", COMPLEXITY, "Stops listening for messages on shard channels, or on all.").args(&[Arg::new(
        "shardchannel",
        ArgKind::String,
    )
    .optional()
    .multiple()]),
    |txn, args| run(txn, args, SubscriptionKind::Shard),
)
.without(Flags::WRITE)
.flags(FLAGS)
.keys(SHARD_CHANNELS)
.since(LEVEL);

/// Answers how many subscriptions it has ended; what the connection is told is made of its session ([`super::confirm()`]).
fn run(txn: &mut Txn<'_>, args: &Args, kind: SubscriptionKind) -> Outcome {
    let names: Vec<_> = (1..args.len()).map(|at| args.bytes(at)).collect();
    let ended = if names.is_empty() { txn.unsubscribe_from_all(kind) } else { txn.unsubscribe(kind, &names) };
    Ok(Reply::Int(ended as i64))
}
