//! EVALSHA_RO

use super::request::{ARG, FLAGS, KEY, NUMKEYS, READ, loaded, named_key_count, run_reading};
use crate::command::{Arg, ArgKind, Doc, Group, Outcome, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec =
    Spec::read("evalsha_ro", -3, DOC, run).flags(FLAGS).check(|args| named_key_count(args).map(drop)).keys(READ);

const DOC: Doc = Doc {
    summary: "Runs a loaded Lua script that only reads, on one node.",
    since: "7.0.0",
    group: Group::Scripting,
    complexity: "Depends on the script that is executed.",
    args: &[Arg::new("sha1", ArgKind::String), NUMKEYS, KEY, ARG],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let keys = named_key_count(args)?;
    run_reading(view, args, &loaded(&view.state().scripts, args.arg(1))?, keys)
}
