//! UNLINK

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("unlink", -2, DOC, run)
    .flags(Flags::FAST.union(Flags::FREES))
    .keys(&[KeySpec::range(1, -1, 1, KeyFlags::RM.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes keys; large values are freed in the background (as by DEL).",
    since: "4.0.0",
    group: Family::Generic,
    complexity: "O(1) for each key",
    args: &[Arg::new("key", ArgKind::Key(0)).multiple()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    Ok(Reply::Int(args.from(1).filter(|key| txn.remove(key)).count() as i64))
}
