//! SUNIONSTORE

use super::algebra::{Operation, store};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{Event, Txn};

pub static SPEC: Spec =
    Spec::write("sunionstore", -3, DOC, run).event(Event::set("sunionstore")).since(3).flags(Flags::DENYOOM).keys(&[
        KeySpec::first(KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(2, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ]);

const DOC: Doc = Doc {
    summary: "Puts the members that any of several sets has into a key, over whatever is there.",
    since: "1.0.0",
    group: Family::Set,
    complexity: "O(N) with the number of members of all sets",
    args: &[Arg::new("destination", ArgKind::Key(0)), Arg::new("key", ArgKind::Key(1)).multiple()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    store(txn, args, Operation::Union)
}
