//! HSET

use super::field_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, wrong_arity};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, HashLimits, Txn};

pub static SPEC: Spec = Spec::write("hset", -4, DOC, run)
    .event(Event::hash("hset"))
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .check(|args| check_pairs(args, SPEC.name))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Sets fields of a hash to values; makes the hash if there is none.",
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
    set_fields(txn, args, SPEC.name).map(Reply::Int)
}

/// Every field needs a value.
pub(super) fn check_pairs(args: &Args, name: &str) -> Result<(), ReplyError> {
    if args.len().is_multiple_of(2) { Ok(()) } else { Err(wrong_arity(name)) }
}

/// Sets the fields that the arguments from the second on name, each in front of its value: how many are new.
pub(super) fn set_fields(txn: &mut Txn<'_>, args: &Args, name: &str) -> Result<i64, ReplyError> {
    check_pairs(args, name)?;
    let limits = HashLimits::from(&txn.state().options);
    let count = (args.len() - 2) / 2;
    field_work::announce(txn, args.arg(1), count, count, limits)?;
    let added = txn.edit_hash(args.arg(1), Create::Yes, |hash| {
        hash.expect(count, limits);
        let added = (2..args.len()).step_by(2).filter(|i| hash.set(args.arg(*i), args.arg(i + 1), limits)).count();
        // Setting a field to what it was counts as a change, as in Redis.
        Ok((added as i64, Changed(true)))
    })?;
    Ok(added.unwrap_or_default())
}
