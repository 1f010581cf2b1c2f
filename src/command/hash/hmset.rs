//! HMSET

use super::hset::{check_pairs, set_fields};
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Event, Txn};

pub static SPEC: Spec = Spec::write("hmset", -4, DOC, run)
    .event(Event::hash("hset"))
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .check(|args| check_pairs(args, SPEC.name))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Sets fields of a hash to values; as HSET, but always answers OK.",
    since: "2.0.0",
    group: Family::Hash,
    complexity: "O(N) with the number of fields given",
    args: &[
        Arg::new("key", ArgKind::Key(0)),
        Arg::new("data", ArgKind::Block(&[Arg::new("field", ArgKind::String), Arg::new("value", ArgKind::String)]))
            .multiple(),
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    set_fields(txn, args, SPEC.name).map(|_| Reply::Ok)
}
