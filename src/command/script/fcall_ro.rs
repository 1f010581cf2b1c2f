//! FCALL_RO

use super::request::{ARG, FLAGS, KEY, NUMKEYS, READ};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, ScriptNamed, ScriptRun, Spec};

pub static SPEC: Spec = Spec::script("fcall_ro", -3, DOC, ScriptRun { named: ScriptNamed::Function, writes: false })
    .flags(FLAGS)
    .flags(Flags::READONLY)
    .keys(READ)
    .since(3);

const DOC: Doc = Doc {
    summary: "Runs a function that only reads, on one node.",
    since: "7.0.0",
    group: Family::Scripting,
    complexity: "Depends on the function that is executed.",
    args: &[Arg::new("function", ArgKind::String), NUMKEYS, KEY, ARG],
};
