//! EVAL

use super::request::{ARG, FLAGS, KEY, NUMKEYS, WRITTEN, check_script};
use crate::command::{Arg, ArgKind, Doc, Family, ScriptNamed, ScriptRun, Spec};

pub static SPEC: Spec = Spec::script("eval", -3, DOC, ScriptRun { named: ScriptNamed::Text, writes: true })
    .flags(FLAGS)
    .check(check_script)
    .keys(WRITTEN);

const DOC: Doc = Doc {
    summary: "Runs a Lua script on every node and loads it.",
    since: "2.6.0",
    group: Family::Scripting,
    complexity: "Depends on the script that is executed.",
    args: &[Arg::new("script", ArgKind::String), NUMKEYS, KEY, ARG],
};
