//! Publish/subscribe over all nodes. Who is subscribed is replicated state ([`crate::store::Subscriptions`]), so a count is the cluster's;
//! a message is an effect of applying PUBLISH, carried out by each node for its own connections (`executor/hub.rs`).
//!
//! Invariant: what changes a connection's subscriptions goes through the log, named by its connection, and is confirmed once it is applied
//! there ([`confirm`]).

mod channels;
mod confirm;
mod help;
mod hold;
mod numpat;
mod numsub;
mod publish;
mod subscribe;
#[cfg(test)]
mod tests;
mod unsubscribe;

pub use confirm::confirm;
pub use hold::{HOLD, hold_args};

use super::{Doc, Family, Flags, KeyFlags, KeySpec, Spec};

/// The family.
pub static SPECS: &[&Spec] = &[
    &subscribe::PSUBSCRIBE,
    &publish::PUBLISH,
    &PUBSUB,
    &unsubscribe::PUNSUBSCRIBE,
    &publish::SPUBLISH,
    &subscribe::SSUBSCRIBE,
    &subscribe::SUBSCRIBE,
    &unsubscribe::SUNSUBSCRIBE,
    &unsubscribe::UNSUBSCRIBE,
    &hold::HOLD,
];

static PUBSUB: Spec = Spec::container(
    "pubsub",
    doc("2.8.0", "Depends on the subcommand.", "Looks at who is subscribed to what."),
    &[
        &channels::CHANNELS,
        &help::SPEC,
        &numpat::SPEC,
        &numsub::NUMSUB,
        &channels::SHARD_CHANNELS,
        &numsub::SHARD_NUMSUB,
    ],
)
.since(LEVEL);

/// The feature level that came with publish/subscribe.
const LEVEL: u32 = 3;
/// Of all of the family.
const PLAIN: Flags = Flags::PUBSUB.union(Flags::LOADING).union(Flags::STALE);
/// Of what changes the subscriptions of a connection.
const SUBSCRIBING: Flags =
    PLAIN.union(Flags::NOSCRIPT).union(Flags::CUTS_GROUP).union(Flags::SUBSCRIBES).union(Flags::WHILE_SUBSCRIBED);
/// A shard channel is in a slot, as a key would be.
const SHARD_CHANNELS: &[KeySpec] = &[KeySpec::range(1, -1, 1, KeyFlags::NOT_KEY)];

const fn doc(since: &'static str, complexity: &'static str, summary: &'static str) -> Doc {
    Doc::new(Family::PubSub, since, complexity, summary)
}
