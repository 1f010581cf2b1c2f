//! PUBSUB HELP

use super::{LEVEL, doc};
use crate::command::{Flags, Outcome, Spec, help};
use crate::protocol::Args;

pub static SPEC: Spec = Spec::pure("pubsub|help", 2, doc("6.2.0", "O(1)", "Lists the subcommands of PUBSUB."), run)
    .flags(Flags::LOADING.union(Flags::STALE))
    .since(LEVEL);

const LINES: &[&str] = &[
    "CHANNELS [<pattern>]",
    "    Return the channels that somebody is subscribed to, on any node; with a pattern, those that match.",
    "NUMPAT",
    "    Return the number of patterns that somebody is subscribed to, on any node.",
    "NUMSUB [<channel> ...]",
    "    Return for each channel how many clients of all nodes are subscribed to it.",
    "SHARDCHANNELS [<pattern>]",
    "    Return the shard channels that somebody is subscribed to, on any node.",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    Return for each shard channel how many clients of all nodes are subscribed to it.",
];

fn run(_: &Args) -> Outcome {
    Ok(help::reply("PUBSUB", LINES))
}
