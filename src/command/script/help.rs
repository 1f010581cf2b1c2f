//! SCRIPT HELP

use crate::command::{Doc, Family, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("script|help", 2, DOC, run).without(Flags::READONLY).flags(Flags::LOADING.union(Flags::STALE));

const DOC: Doc = Doc {
    summary: "Lists the subcommands of SCRIPT.",
    since: "5.0.0",
    group: Family::Scripting,
    complexity: "O(1)",
    args: &[],
};

const LINES: [&str; 13] = [
    "SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "DEBUG NO",
    "    Answer OK: there is no debugger that could be on.",
    "EXISTS <sha1> [<sha1> ...]",
    "    Tell for each name whether a script of that name is loaded.",
    "FLUSH [ASYNC|SYNC]",
    "    Forget all loaded scripts, on every node.",
    "KILL",
    "    Stop the scripts that run on this node and only read; others end by their budget (script-budget).",
    "LOAD <script>",
    "    Load a script on every node without running it; returns its name.",
    "HELP",
    "    Print this help.",
];

fn run(_: &View<'_>, _: &Args) -> Outcome {
    Ok(Reply::Array(LINES.into_iter().map(Reply::simple).collect()))
}
