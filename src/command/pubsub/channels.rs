//! PUBSUB CHANNELS, SHARDCHANNELS

use super::{LEVEL, PLAIN, doc};
use crate::command::glob::{Case, matches};
use crate::command::{Arg, ArgKind, Flags, Outcome, Spec};
use crate::error::wrong_subcommand_arguments;
use crate::protocol::{Args, Reply};
use crate::store::{ELEMENT_UNITS, SubscriptionKind, View};

const COMPLEXITY: &str = "O(N) where N is the number of channels.";

pub static CHANNELS: Spec = Spec::read(
    "pubsub|channels",
    -2,
    doc("2.8.0", COMPLEXITY, "Lists the channels that somebody is subscribed to.").args(&[Arg::new(
        "pattern",
        ArgKind::Pattern,
    )
    .optional()]),
    |view, args| run(view, args, SubscriptionKind::Channel),
)
.without(Flags::READONLY)
.flags(PLAIN.union(Flags::UNBOUNDED))
.check(check)
.since(LEVEL);

pub static SHARD_CHANNELS: Spec = Spec::read(
    "pubsub|shardchannels",
    -2,
    doc("7.0.0", COMPLEXITY, "Lists the shard channels that somebody is subscribed to.").args(&[Arg::new(
        "pattern",
        ArgKind::Pattern,
    )
    .optional()]),
    |view, args| run(view, args, SubscriptionKind::Shard),
)
.without(Flags::READONLY)
.flags(PLAIN.union(Flags::UNBOUNDED))
.check(check)
.since(LEVEL);

fn check(args: &Args) -> Result<(), crate::error::ReplyError> {
    if args.len() > 3 { Err(wrong_subcommand_arguments("PUBSUB", args.arg(1))) } else { Ok(()) }
}

fn run(view: &View<'_>, args: &Args, kind: SubscriptionKind) -> Outcome {
    check(args)?;
    let subscriptions = view.state().subscriptions();
    view.work((subscriptions.len(kind) as u64).saturating_mul(ELEMENT_UNITS))?;
    let is_wanted = |name: &[u8]| args.opt(2).is_none_or(|pattern| matches(pattern, name, Case::Sensitive));
    Ok(Reply::bulks(subscriptions.names(kind).map(|(name, _)| name).filter(|name| is_wanted(name))))
}
