//! DEL

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("del", -2, DOC, run).flags(Flags::FREES).keys(&[KeySpec::range(
    1,
    -1,
    1,
    KeyFlags::RM.union(KeyFlags::DELETE),
)]);

const DOC: Doc = Doc {
    summary: "Removes keys.",
    since: "1.0.0",
    group: Family::Generic,
    complexity: "O(N) with the number of keys",
    args: &[Arg::new("key", ArgKind::Key(0)).multiple()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    Ok(Reply::Int(args.from(1).filter(|key| txn.remove(key)).count() as i64))
}
