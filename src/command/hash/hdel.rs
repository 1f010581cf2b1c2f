//! HDEL

use super::field_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, HashLimits, Txn};

pub static SPEC: Spec = Spec::write("hdel", -3, DOC, run)
    .event(Event::hash("hdel"))
    .flags(Flags::FAST)
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes fields of a hash, and the hash with its last field.",
    since: "2.0.0",
    group: Family::Hash,
    complexity: "O(N) with the number of fields given",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("field", ArgKind::String).multiple()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let limits = HashLimits::from(&txn.state().options);
    field_work::announce(txn, args.arg(1), args.len() - 2, 0, limits)?;
    let removed = txn.edit_hash(args.arg(1), Create::No, |hash| {
        let removed = args.from(2).filter(|field| hash.remove(field)).count();
        Ok((removed as i64, Changed(removed > 0)))
    })?;
    Ok(Reply::Int(removed.unwrap_or_default()))
}
