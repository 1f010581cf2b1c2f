//! ZUNIONSTORE

use super::combine::{self, Form, Operation, Use};
use crate::command::{Arg, ArgKind, BeginSearch, Doc, Family, FindKeys, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{Event, Txn};

pub static SPEC: Spec = Spec::write("zunionstore", -4, DOC, run)
    .event(Event::zset("zunionstore"))
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
    summary: "Puts every member of some sorted sets under another key.",
    since: "2.0.0",
    group: Family::SortedSet,
    complexity: "O(N + M log M) with the number of members of all sets, and of the result",
    args: &[
        Arg::new("destination", ArgKind::Key(0)),
        Arg::new("numkeys", ArgKind::Integer),
        Arg::new("key", ArgKind::Key(1)).multiple(),
        Arg::new("weight", ArgKind::Double).token("WEIGHTS").optional().multiple(),
        Arg::new(
            "aggregate",
            ArgKind::OneOf(&[Arg::word("sum", "SUM"), Arg::word("min", "MIN"), Arg::word("max", "MAX")]),
        )
        .token("AGGREGATE")
        .optional(),
    ],
};

const FORM: Form = Form { name: "zunionstore", operation: Operation::Union, used: Use::Store };

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    combine::store(txn, args, FORM)
}
