//! RENAME

use crate::command::{Arg, ArgKind, Categories, Doc, Flags, Group, KeyFlags, KeySpec, Outcome, Run, Spec};
use crate::error::NO_SUCH_KEY;
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec {
    name: "rename",
    arity: 3,
    flags: Flags::WRITE,
    categories: Categories::empty(),
    keys: &[
        KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE)),
        KeySpec::range(2, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
    ],
    doc: Doc {
        summary: "Gives a key a new name, over whatever has that name.",
        since: "1.0.0",
        group: Group::Generic,
        complexity: "O(1)",
        args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("newkey", ArgKind::Key(1))],
    },
    run: Run::Write(run),
    subcommands: &[],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (key, target) = (args.arg(1), args.arg(2));
    if !txn.exists(key) {
        return Err(NO_SUCH_KEY);
    }
    if key != target {
        txn.transfer(key, txn.db_index(), target);
    }
    Ok(Reply::Ok)
}
