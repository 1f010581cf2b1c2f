//! EVALSHA

use super::request::{ARG, FLAGS, KEY, NUMKEYS, WRITTEN, named_key_count};
use crate::command::{Arg, ArgKind, Doc, Family, ScriptNamed, ScriptRun, Spec};

pub static SPEC: Spec = Spec::script("evalsha", -3, DOC, ScriptRun { named: ScriptNamed::Sha, writes: true })
    .flags(FLAGS)
    .check(|args| named_key_count(args).map(drop))
    .keys(WRITTEN);

const DOC: Doc = Doc {
    summary: "Runs a loaded Lua script on every node.",
    since: "2.6.0",
    group: Family::Scripting,
    complexity: "Depends on the script that is executed.",
    args: &[Arg::new("sha1", ArgKind::String), NUMKEYS, KEY, ARG],
};
