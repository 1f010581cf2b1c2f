//! EVALSHA

use super::request::{ARG, FLAGS, KEY, NUMKEYS, WRITTEN, check_memory, named_key_count, prepare_loaded, run_writing};
use crate::command::{Arg, ArgKind, Doc, Flags, Group, Outcome, Spec};
use crate::protocol::Args;
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("evalsha", -3, DOC, run)
    .without(Flags::WRITE)
    .flags(FLAGS)
    .check(|args| named_key_count(args).map(drop))
    .keys(WRITTEN);

const DOC: Doc = Doc {
    summary: "Runs a loaded Lua script on every node.",
    since: "2.6.0",
    group: Group::Scripting,
    complexity: "Depends on the script that is executed.",
    args: &[Arg::new("sha1", ArgKind::String), NUMKEYS, KEY, ARG],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let keys = named_key_count(args)?;
    let (source, prepared) = prepare_loaded(txn, args.arg(1))?;
    check_memory(txn, &source)?;
    run_writing(txn, args, &source, prepared, keys)
}
