//! HGETDEL

use super::field_lifetime::named;
use super::field_list::FIELDS;
use super::field_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, HashLimits, Txn};

pub static SPEC: Spec = Spec::write("hgetdel", -5, DOC, run)
    .since(3)
    .event(Event::hash("hdel"))
    .flags(Flags::FAST)
    .check(|args| named(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Returns the values of fields of a hash, and removes them.",
    since: "8.0.0",
    group: Family::Hash,
    complexity: "O(N) with the number of fields given",
    args: &[Arg::new("key", ArgKind::Key(0)), FIELDS],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let fields = named(args)?;
    let count = fields.len();
    let limits = HashLimits::from(&txn.state().options);
    field_work::announce(txn, args.arg(1), count, 0, limits)?;
    let replies = txn.edit_hash(args.arg(1), Create::No, |hash| {
        let mut is_changed = false;
        let replies = fields.map(|at| args.arg(at)).map(|field| {
            let value = Reply::bulk_or_nil(hash.get(field));
            is_changed |= hash.remove(field);
            value
        });
        let replies: Vec<Reply> = replies.collect();
        Ok((replies, Changed(is_changed)))
    })?;
    Ok(Reply::Array(replies.unwrap_or_else(|| vec![Reply::Nil; count])))
}
