//! EVALSHA_RO

use super::request::{ARG, FLAGS, KEY, NUMKEYS, READ, named_key_count};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, ScriptNamed, ScriptRun, Spec};

pub static SPEC: Spec = Spec::script("evalsha_ro", -3, DOC, ScriptRun { named: ScriptNamed::Sha, writes: false })
    .flags(FLAGS)
    .flags(Flags::READONLY)
    .check(|args| named_key_count(args).map(drop))
    .keys(READ);

const DOC: Doc = Doc {
    summary: "Runs a loaded Lua script that only reads, on one node.",
    since: "7.0.0",
    group: Family::Scripting,
    complexity: "Depends on the script that is executed.",
    args: &[Arg::new("sha1", ArgKind::String), NUMKEYS, KEY, ARG],
};
