//! EVAL_RO
//!
//! It loads its script as EVAL does, and loaded scripts are replicated state. So it has two forms: while the script is loaded it
//! is a read; else it goes through the log, and every node loads and runs it. The read path tells which, by the state that it
//! reads ([`is_to_load`]); in a transaction with a write it is always the second.

use super::request::{
    ARG, FLAGS, KEY, NUMKEYS, READ, check_read_only, check_script, given, key_count, run_reading, store,
};
use crate::command::{Arg, ArgKind, Doc, Flags, Group, Outcome, Spec};
use crate::protocol::Args;
use crate::script::{Host, Prepared};
use crate::store::{Scripts, Txn, View};

pub static SPEC: Spec =
    Spec::read("eval_ro", -3, DOC, run).flags(FLAGS.union(Flags::LOADS_SCRIPT)).check(check_script).keys(READ);

const DOC: Doc = Doc {
    summary: "Runs a Lua script that only reads, on one node.",
    since: "7.0.0",
    group: Group::Scripting,
    complexity: "Depends on the script that is executed.",
    args: &[Arg::new("script", ArgKind::String), NUMKEYS, KEY, ARG],
};

/// What EVAL_RO is in a log entry; no command that anybody can name.
pub static IN_LOG: Spec = Spec::write(
    "eval_ro",
    -3,
    Doc::new(Group::Scripting, "7.0.0", "Depends on the script.", "Loads a Lua script that only reads, and runs it."),
    load_and_run,
)
.without(Flags::WRITE)
.flags(FLAGS)
.keys(READ);

fn run(view: &View<'_>, args: &Args) -> Outcome {
    let keys = key_count(args)?;
    run_reading(view, args, &given(args)?, keys)
}

fn load_and_run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let keys = key_count(args)?;
    let source = given(args)?;
    let prepared = Prepared::new(&source, &txn.state().options)?;
    // As in Redis, also one that may not run here.
    store(txn, &source);
    check_read_only(&source)?;
    prepared.run(args.from(3).take(keys), args.from(3 + keys), Host::writing(txn, true))
}

/// True if the arguments name a script that is not loaded and might be.
pub fn is_to_load(args: &Args, scripts: &Scripts) -> bool {
    key_count(args).is_ok() && given(args).is_ok_and(|source| !scripts.contains_key(&source.sha()))
}
