//! EVALSHA

use super::request::{ARG, FLAGS, KEY, NUMKEYS, WRITTEN, check_memory, key_count, prepare_loaded, run_writing};
use crate::command::{Arg, ArgKind, Categories, Doc, Group, Outcome, Run, Spec};
use crate::error::NO_SCRIPT;
use crate::protocol::Args;
use crate::script::source::parse_sha;
use crate::store::Txn;

pub static SPEC: Spec = Spec {
    name: "evalsha",
    arity: -3,
    flags: FLAGS,
    categories: Categories::empty(),
    keys: WRITTEN,
    doc: Doc {
        summary: "Runs a loaded Lua script on every node.",
        since: "2.6.0",
        group: Group::Scripting,
        complexity: "Depends on the script that is executed.",
        args: &[Arg::new("sha1", ArgKind::String), NUMKEYS, KEY, ARG],
    },
    run: Run::Write(run),
    subcommands: &[],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    parse_sha(args.arg(1)).ok_or(NO_SCRIPT)?;
    let keys = key_count(args)?;
    let (source, prepared) = prepare_loaded(txn, args.arg(1))?;
    check_memory(txn, &source)?;
    run_writing(txn, args, &source, prepared, keys)
}
