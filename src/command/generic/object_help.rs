//! OBJECT HELP

use crate::command::{Doc, Family, Flags, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("object|help", 2, DOC, run).without(Flags::READONLY).flags(Flags::LOADING.union(Flags::STALE));

const DOC: Doc = Doc {
    summary: "Explains the subcommands of OBJECT.",
    since: "6.2.0",
    group: Family::Generic,
    complexity: "O(1)",
    args: &[],
};

const LINES: [&str; 13] = [
    "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "ENCODING <key>",
    "    Return the kind of internal representation used in order to store the value",
    "    associated with a <key>.",
    "FREQ <key>",
    "    Return the access frequency index of the <key>. The returned integer is",
    "    proportional to the logarithm of the recent access frequency of the key.",
    "IDLETIME <key>",
    "    Return the idle time of the <key>, that is the approximated number of",
    "    seconds elapsed since the last access to the key.",
    "REFCOUNT <key>",
    "    Return the number of references of the value associated with the specified",
    "    <key>.",
];

fn run(_view: &View<'_>, _args: &Args) -> Outcome {
    let lines = LINES.into_iter().chain(["HELP", "    Prints this help."]);
    Ok(Reply::Array(lines.map(Reply::simple).collect()))
}
