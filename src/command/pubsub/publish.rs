//! PUBLISH, SPUBLISH

use super::{LEVEL, PLAIN, doc};
use crate::command::glob::{Case, matches};
use crate::command::{Arg, ArgKind, ChannelNames, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{ELEMENT_UNITS, SubscriptionKind, Txn, units_of_bytes};

const FLAGS: Flags = PLAIN.union(Flags::FAST).union(Flags::MAY_REPLICATE);

pub static PUBLISH: Spec = Spec::write(
    "publish",
    3,
    doc(
        "2.0.0",
        "O(N+M) where N is the number of clients that are subscribed to the channel and M the number of patterns that anybody is \
         subscribed to.",
        "Sends a message to who is subscribed to a channel, on any node.",
    )
    .args(&[Arg::new("channel", ArgKind::String), Arg::new("message", ArgKind::String)]),
    publish,
)
.without(Flags::WRITE)
.flags(FLAGS)
.channels(ChannelNames::ONE)
.since(LEVEL);

pub static SPUBLISH: Spec = Spec::write(
    "spublish",
    3,
    doc(
        "7.0.0",
        "O(N) where N is the number of clients that are subscribed to the shard channel.",
        "Sends a message to who is subscribed to a shard channel, on any node.",
    )
    .args(&[Arg::new("shardchannel", ArgKind::String), Arg::new("message", ArgKind::String)]),
    |txn, args| {
        let receivers = txn.state().subscriptions().count(SubscriptionKind::Shard, args.arg(1));
        send(txn, args, SubscriptionKind::Shard, receivers)
    },
)
.without(Flags::WRITE)
.flags(FLAGS)
.keys(&[KeySpec::first(KeyFlags::NOT_KEY)])
.channels(ChannelNames::ONE)
.since(LEVEL);

fn publish(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let channel = args.arg(1);
    let subscriptions = txn.state().subscriptions();
    let patterns = subscriptions.len(SubscriptionKind::Pattern) as u64;
    txn.work(patterns.saturating_mul(ELEMENT_UNITS))?;
    let subscriptions = txn.state().subscriptions();
    let direct = subscriptions.count(SubscriptionKind::Channel, channel);
    let matching = subscriptions.names(SubscriptionKind::Pattern);
    let matching = matching.filter(|(pattern, _)| matches(pattern, channel, Case::Sensitive));
    let receivers = direct + matching.map(|(_, count)| count).sum::<u64>();
    send(txn, args, SubscriptionKind::Channel, receivers)
}

/// Each receiver costs every node as much as it would to fill its share of an answer.
fn send(txn: &mut Txn<'_>, args: &Args, kind: SubscriptionKind, receivers: u64) -> Outcome {
    let each = ELEMENT_UNITS + units_of_bytes(args.arg(2).len());
    txn.work(each.saturating_mul(receivers.saturating_add(1)))?;
    txn.publish(kind, args.bytes(1), args.bytes(2));
    Ok(Reply::Int(receivers as i64))
}
