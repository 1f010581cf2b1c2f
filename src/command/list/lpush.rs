//! LPUSH

use super::ends::push;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Create, End, Txn};

pub static SPEC: Spec = Spec::write("lpush", -3, DOC, run)
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::INSERT))]);

const DOC: Doc = Doc {
    summary: "Adds elements in front of a list, each in front of the one before; makes the list if there is none.",
    since: "1.0.0",
    group: Family::List,
    complexity: "O(N) with the number of elements given",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("element", ArgKind::String).multiple()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let len = push(txn, args, End::Head, Create::Yes)?;
    Ok(Reply::Int(len.unwrap_or_default()))
}
