//! EVAL

use super::request::{ARG, FLAGS, KEY, NUMKEYS, WRITTEN, check_memory, given, key_count, run_writing, store};
use crate::command::{Arg, ArgKind, Categories, Doc, Group, Outcome, Run, Spec};
use crate::protocol::Args;
use crate::script::Prepared;
use crate::store::Txn;

pub static SPEC: Spec = Spec {
    name: "eval",
    arity: -3,
    flags: FLAGS,
    categories: Categories::empty(),
    keys: WRITTEN,
    doc: Doc {
        summary: "Runs a Lua script on every node and loads it.",
        since: "2.6.0",
        group: Group::Scripting,
        complexity: "Depends on the script that is executed.",
        args: &[Arg::new("script", ArgKind::String), NUMKEYS, KEY, ARG],
    },
    run: Run::Write(run),
    subcommands: &[],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let keys = key_count(args)?;
    let source = given(args)?;
    check_memory(txn, &source)?;
    let prepared = Prepared::new(&source, &txn.state().options)?;
    // Redis loads what compiles, whether or not it then fails.
    store(txn, &source);
    run_writing(txn, args, &source, prepared, keys)
}
