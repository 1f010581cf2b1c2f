//! XINFO HELP

use crate::command::{Doc, Family, Flags, Spec, help};

pub static SPEC: Spec = Spec::pure("xinfo|help", 2, DOC, |_| Ok(help::reply("XINFO", LINES)))
    .since(3)
    .flags(Flags::LOADING.union(Flags::STALE));

const DOC: Doc = Doc::new(Family::Stream, "5.0.0", "O(1)", "Explains the subcommands of XINFO.");

const LINES: &[&str] = &[
    "CONSUMERS <key> <groupname>",
    "    Show the consumers of the group.",
    "GROUPS <key>",
    "    Show the consumer groups of the stream.",
    "STREAM <key> [FULL [COUNT <count>]]",
    "    Show the stream; with FULL its entries, groups and consumers too.",
];
