//! EVAL_RO
//!
//! It loads its script as EVAL does, and loaded scripts are replicated state. Where the state that it reads lacks the script
//! ([`is_to_load`](super::is_to_load)), the read path has the log load it, and then reads: no other client waits for the run. Below the
//! feature level of that entry (`script._give`) it goes through the log itself, and every node loads and runs it; so it does in a
//! transaction with a write, and behind a read that tells which scripts are loaded.

use super::request::{ARG, FLAGS, KEY, NUMKEYS, READ, check_script};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, ScriptNamed, ScriptRun, Spec};

pub static SPEC: Spec = Spec::script("eval_ro", -3, DOC, ScriptRun { named: ScriptNamed::Text, writes: false })
    .flags(FLAGS)
    .flags(Flags::READONLY.union(Flags::LOADS_SCRIPT))
    .check(check_script)
    .keys(READ);

const DOC: Doc = Doc {
    summary: "Runs a Lua script that only reads, on one node.",
    since: "7.0.0",
    group: Family::Scripting,
    complexity: "Depends on the script that is executed.",
    args: &[Arg::new("script", ArgKind::String), NUMKEYS, KEY, ARG],
};
