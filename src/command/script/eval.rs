//! EVAL

use super::request::{
    ARG, FLAGS, KEY, NUMKEYS, WRITTEN, check_memory, check_script, given, key_count, run_writing, store,
};
use crate::command::{Arg, ArgKind, Doc, Flags, Group, Outcome, Spec};
use crate::protocol::Args;
use crate::script::Prepared;
use crate::store::Txn;

pub static SPEC: Spec =
    Spec::write("eval", -3, DOC, run).without(Flags::WRITE).flags(FLAGS).check(check_script).keys(WRITTEN);

const DOC: Doc = Doc {
    summary: "Runs a Lua script on every node and loads it.",
    since: "2.6.0",
    group: Group::Scripting,
    complexity: "Depends on the script that is executed.",
    args: &[Arg::new("script", ArgKind::String), NUMKEYS, KEY, ARG],
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
