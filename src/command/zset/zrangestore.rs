//! ZRANGESTORE

use super::combine::keep;
use super::member_work;
use super::span::{self, Form};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{Event, Txn, ZSet, ZSetLimits};

pub static SPEC: Spec = Spec::write("zrangestore", -5, DOC, run)
    .event(Event::zset("zrangestore"))
    .since(3)
    .flags(Flags::DENYOOM)
    .check(|args| span::request(args, 3, FORM).map(drop))
    .keys(&[
        KeySpec::range(1, 0, 1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::range(2, 0, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ]);

const DOC: Doc = Doc {
    summary: "Puts a part of a sorted set under another key.",
    since: "6.2.0",
    group: Family::SortedSet,
    complexity: "O(log N + M log M) with the number of members of the set, and of those taken",
    args: &[
        Arg::new("dst", ArgKind::Key(0)),
        Arg::new("src", ArgKind::Key(1)),
        Arg::new("start", ArgKind::String),
        Arg::new("stop", ArgKind::String),
        Arg::new("sortby", ArgKind::OneOf(&[Arg::word("byscore", "BYSCORE"), Arg::word("bylex", "BYLEX")])).optional(),
        Arg::word("rev", "REV").optional(),
        Arg::new("limit", ArgKind::Block(&[Arg::new("offset", ArgKind::Integer), Arg::new("count", ArgKind::Integer)]))
            .token("LIMIT")
            .optional(),
    ],
};

const FORM: Form = Form { by: None, reverse: None, with_scores: false };

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let request = span::request(args, 3, FORM)?;
    member_work::announce(txn, args.arg(2), |set| 2 * request.units(set))?;
    let limits = ZSetLimits::from(&txn.state().options);
    let part = match txn.read_typed::<ZSet>(args.arg(2))? {
        Some(set) => ZSet::of(request.elements(set), limits),
        None => ZSet::default(),
    };
    keep(txn, args.arg(1), part)
}
