//! SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE

use super::{LEVEL, SHARD_CHANNELS, SUBSCRIBING, doc};
use crate::command::{Arg, ArgKind, ChannelNames, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{SubscriptionKind, Txn};

pub static SUBSCRIBE: Spec = Spec::write(
    "subscribe",
    -2,
    doc("2.0.0", "O(N) where N is the number of channels to subscribe to.", "Listens for messages on channels.")
        .args(&[Arg::new("channel", ArgKind::String).multiple()]),
    |txn, args| run(txn, args, SubscriptionKind::Channel),
)
.without(Flags::WRITE)
.flags(SUBSCRIBING)
.channels(ChannelNames::ALL)
.since(LEVEL);

pub static PSUBSCRIBE: Spec = Spec::write(
    "psubscribe",
    -2,
    doc(
        "2.0.0",
        "O(N) where N is the number of patterns to subscribe to.",
        "Listens for messages on channels that match patterns.",
    )
    .args(&[Arg::new("pattern", ArgKind::Pattern).multiple()]),
    |txn, args| run(txn, args, SubscriptionKind::Pattern),
)
.without(Flags::WRITE)
.flags(SUBSCRIBING)
.channels(ChannelNames::PATTERNS)
.since(LEVEL);

pub static SSUBSCRIBE: Spec = Spec::write(
    "ssubscribe",
    -2,
    doc(
        "7.0.0",
        "O(N) where N is the number of shard channels to subscribe to.",
        "Listens for messages on shard channels.",
    )
    .args(&[Arg::new("shardchannel", ArgKind::String).multiple()]),
    |txn, args| run(txn, args, SubscriptionKind::Shard),
)
.without(Flags::WRITE)
.flags(SUBSCRIBING)
.keys(SHARD_CHANNELS)
.channels(ChannelNames::ALL)
.since(LEVEL);

/// Answers how many of the names are new to the connection; what it is told is made of its session ([`super::confirm()`]).
fn run(txn: &mut Txn<'_>, args: &Args, kind: SubscriptionKind) -> Outcome {
    let names: Vec<_> = (1..args.len()).map(|at| args.bytes(at)).collect();
    Ok(Reply::Int(txn.subscribe(kind, &names)? as i64))
}
