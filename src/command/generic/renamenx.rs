//! RENAMENX

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::NO_SUCH_KEY;
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("renamenx", 3, DOC, run).flags(Flags::FAST).keys(&[
    KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE)),
    KeySpec::range(2, 0, 1, KeyFlags::OW.union(KeyFlags::INSERT)),
]);

const DOC: Doc = Doc {
    summary: "Gives a key a new name unless a key has that name already.",
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
    // With both names the same, the target exists.
    if txn.exists(target) {
        return Ok(Reply::Int(0));
    }
    Ok(Reply::Int(i64::from(txn.transfer(key, txn.db_index(), target))))
}
