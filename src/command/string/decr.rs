//! DECR

use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{Event, Txn};

use super::counter::count;

pub static SPEC: Spec = Spec::write("decr", 2, DOC, run)
    .event(Event::string("incrby"))
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Takes one from the number that a key holds; an absent key counts as 0.",
    since: "1.0.0",
    group: Family::String,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0))],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    count(txn, args.arg(1), -1)
}
