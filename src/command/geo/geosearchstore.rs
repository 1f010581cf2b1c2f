//! GEOSEARCHSTORE

use super::docs::{BY, COUNT, FROM, ORDER};
use super::search::{self, Form};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{Event, Txn};

pub static SPEC: Spec = Spec::write("geosearchstore", -8, DOC, run)
    .event(Event::zset("geosearchstore"))
    .since(3)
    .flags(Flags::DENYOOM)
    .keys(&[
        KeySpec::first(KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(2, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ]);

const DOC: Doc = Doc {
    summary: "Puts the members of a sorted set of places that are inside a circle or a box into a key, over whatever is there.",
    since: "6.2.0",
    group: Family::Geo,
    complexity: "O(N+log(M)) with the members around the shape, and all members",
    args: &[
        Arg::new("destination", ArgKind::Key(0)),
        Arg::new("source", ArgKind::Key(1)),
        FROM,
        BY,
        ORDER,
        COUNT,
        Arg::word("storedist", "STOREDIST").optional(),
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    search::write(txn, args, Form::SearchStore)
}
