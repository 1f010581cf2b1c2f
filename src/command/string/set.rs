//! SET

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Deadline, Str, Txn, Value};

pub static SPEC: Spec = Spec {
    name: "set",
    arity: -3,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    categories: Categories::empty(),
    keys: &[KeySpec::first(
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE).union(KeyFlags::VARIABLE_FLAGS),
    )],
    doc: Doc {
        summary: "Sets a key to a string, whatever it held before.",
        since: "1.0.0",
        group: Group::String,
        complexity: "O(1)",
        args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("value", ArgKind::String)],
    },
    run: Run::Write(run),
    subcommands: &[],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    txn.set(args.arg(1), Value::Str(Str::new(args.arg(2))), Deadline::Clear);
    Ok(Reply::Ok)
}
