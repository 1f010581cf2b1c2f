//! PEXPIREAT

use crate::command::generic::expire_options::{CONDITION, Origin, expire};
use crate::command::generic::lifetime::Unit;
use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::protocol::Args;
use crate::store::Txn;

pub static SPEC: Spec = Spec {
    name: "pexpireat",
    arity: -3,
    flags: Flags::WRITE.union(Flags::FAST),
    categories: Categories::empty(),
    keys: &[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))],
    doc: Doc {
        summary: "Sets the Unix time in milliseconds at which a key expires.",
        since: "2.6.0",
        group: Group::Generic,
        complexity: "O(1)",
        args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("unix-time-milliseconds", ArgKind::UnixTime), CONDITION],
    },
    run: Run::Write(run),
    subcommands: &[],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    expire(txn, args, "pexpireat", Origin::Epoch, Unit::Milliseconds)
}
