//! EVAL_RO

use super::request::{ARG, FLAGS, KEY, NUMKEYS, READ, given, key_count, run_reading};
use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, Outcome, Run, Spec};
use crate::protocol::Args;
use crate::store::View;

pub static SPEC: Spec = Spec {
    name: "eval_ro",
    arity: -3,
    flags: FLAGS.union(Flags::READONLY),
    categories: Categories::empty(),
    keys: READ,
    doc: Doc {
        summary: "Runs a Lua script that only reads, on one node.",
        since: "7.0.0",
        group: Group::Scripting,
        complexity: "Depends on the script that is executed.",
        args: &[Arg::new("script", ArgKind::String), NUMKEYS, KEY, ARG],
    },
    run: Run::Read(run),
    subcommands: &[],
};

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let keys = key_count(args)?;
    run_reading(view, args, &given(args)?, keys)
}
