//! RENAME

use crate::command::{Arg, ArgKind, Doc, Family, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::NO_SUCH_KEY;
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("rename", 3, DOC, run).keys(&[
    KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE)),
    KeySpec::range(2, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
]);

const DOC: Doc = Doc {
    summary: "Gives a key a new name, over whatever has that name.",
    since: "1.0.0",
    group: Family::Generic,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("newkey", ArgKind::Key(1))],
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
