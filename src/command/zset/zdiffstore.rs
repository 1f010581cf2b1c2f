//! ZDIFFSTORE

use super::combine::{self, Form, Operation, Use};
use crate::command::{Arg, ArgKind, BeginSearch, Doc, Family, FindKeys, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{Event, Txn};

pub static SPEC: Spec = Spec::write("zdiffstore", -4, DOC, run)
    .event(Event::zset("zdiffstore"))
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::MOVABLEKEYS))
    .check(|args| combine::check(args, FORM))
    .keys(&[
        KeySpec::first(KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec {
            begin: BeginSearch::Index(2),
            find: FindKeys::Keynum { index: 0, first: 1, step: 1 },
            flags: KeyFlags::RO.union(KeyFlags::ACCESS),
        },
    ]);

const DOC: Doc = Doc {
    summary: "Puts the members of a sorted set that are in none of some others under another key.",
    since: "6.2.0",
    group: Family::SortedSet,
    complexity: "O(N K + M log M) with the members of the first set, the number of sets, and of members of the result",
    args: &[
        Arg::new("destination", ArgKind::Key(0)),
        Arg::new("numkeys", ArgKind::Integer),
        Arg::new("key", ArgKind::Key(1)).multiple(),
    ],
};

const FORM: Form = Form { name: "zdiffstore", operation: Operation::Difference, used: Use::Store };

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    combine::store(txn, args, FORM)
}
