//! XGROUP HELP

use crate::command::{Doc, Family, Flags, Spec, help};

pub static SPEC: Spec = Spec::pure("xgroup|help", 2, DOC, |_| Ok(help::reply("XGROUP", LINES)))
    .since(3)
    .flags(Flags::LOADING.union(Flags::STALE));

const DOC: Doc = Doc::new(Family::Stream, "5.0.0", "O(1)", "Explains the subcommands of XGROUP.");

const LINES: &[&str] = &[
    "CREATE <key> <groupname> <id|$> [option]",
    "    Make a consumer group that goes on behind this entry. Options are:",
    "    * MKSTREAM",
    "      Make the stream too, if there is none.",
    "    * ENTRIESREAD entries_read",
    "      Say how many entries the group has read.",
    "CREATECONSUMER <key> <groupname> <consumer>",
    "    Make a consumer of the group.",
    "DELCONSUMER <key> <groupname> <consumer>",
    "    Remove the consumer, and its pending entries.",
    "DESTROY <key> <groupname>",
    "    Remove the group.",
    "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
    "    Let the group go on behind this entry.",
];
