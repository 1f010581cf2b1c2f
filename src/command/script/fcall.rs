//! FCALL

use super::request::{ARG, FLAGS, KEY, NUMKEYS, WRITTEN};
use crate::command::{Arg, ArgKind, Doc, Family, ScriptNamed, ScriptRun, Spec};

pub static SPEC: Spec = Spec::script("fcall", -3, DOC, ScriptRun { named: ScriptNamed::Function, writes: true })
    .flags(FLAGS)
    .keys(WRITTEN)
    .since(3);

const DOC: Doc = Doc {
    summary: "Runs a function of a library on every node.",
    since: "7.0.0",
    group: Family::Scripting,
    complexity: "Depends on the function that is executed.",
    args: &[Arg::new("function", ArgKind::String), NUMKEYS, KEY, ARG],
};
