//! HSETNX

use super::field_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, HashLimits, Txn};

pub static SPEC: Spec = Spec::write("hsetnx", 4, DOC, run)
    .event(Event::hash("hset"))
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::INSERT))]);

const DOC: Doc = Doc {
    summary: "Sets a field of a hash unless it is there.",
    since: "2.0.0",
    group: Family::Hash,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("field", ArgKind::String), Arg::new("value", ArgKind::String)],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let limits = HashLimits::from(&txn.state().options);
    field_work::announce(txn, args.arg(1), 1, 1, limits)?;
    let added = txn.edit_hash(args.arg(1), Create::Yes, |hash| {
        let absent = hash.get(args.arg(2)).is_none();
        if absent {
            hash.expect(1, limits);
            hash.set(args.arg(2), args.arg(3), limits);
        }
        Ok((absent, Changed(absent)))
    })?;
    Ok(Reply::Int(added.unwrap_or_default().into()))
}
