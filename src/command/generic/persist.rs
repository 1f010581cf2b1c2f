//! PERSIST

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Entry, Txn};

pub static SPEC: Spec = Spec::write("persist", 2, DOC, run)
    .flags(Flags::FAST)
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Takes a key's deadline away.",
    since: "2.2.0",
    group: Family::Generic,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let key = args.arg(1);
    if txn.get(key).and_then(Entry::deadline_ms).is_none() {
        return Ok(Reply::Int(0));
    }
    Ok(Reply::Int(i64::from(txn.set_deadline(key, None))))
}
