//! FUNCTION HELP

use super::{LEVEL, doc};
use crate::command::{Flags, Outcome, Spec, help};
use crate::protocol::Args;

pub static SPEC: Spec = Spec::pure("function|help", 2, doc("7.0.0", "O(1)", "Lists the subcommands of FUNCTION."), run)
    .flags(Flags::LOADING.union(Flags::STALE))
    .since(LEVEL);

const LINES: &[&str] = &[
    "DELETE <library-name>",
    "    Remove a library and its functions, on every node.",
    "DUMP",
    "    Return all libraries as one payload for RESTORE, here or in Redis.",
    "FLUSH [ASYNC|SYNC]",
    "    Remove all libraries, on every node.",
    "KILL",
    "    Stop the functions that run on this node and only read.",
    "LIST [LIBRARYNAME <pattern>] [WITHCODE]",
    "    List the libraries and their functions.",
    "LOAD [REPLACE] <function-code>",
    "    Load a library on every node; returns its name.",
    "RESTORE <payload> [FLUSH|APPEND|REPLACE]",
    "    Load all libraries of a payload, or none.",
    "STATS",
    "    Show the function that runs on this node, and how many are loaded.",
];

fn run(_: &Args) -> Outcome {
    Ok(help::reply("FUNCTION", LINES))
}
