//! HPERSIST

use super::field_expiry::{ABSENT, KEYS, integers};
use super::field_lifetime::{NO_END, named};
use super::field_list::FIELDS;
use super::field_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{Changed, Create, Event, HashLimits, Txn};

pub static SPEC: Spec = Spec::write("hpersist", -5, DOC, run)
    .since(3)
    .event(Event::hash("hpersist"))
    .flags(Flags::FAST)
    .check(|args| named(args).map(drop))
    .keys(KEYS);

const DOC: Doc = Doc {
    summary: "Lets fields of a hash live on without an end.",
    since: "7.4.0",
    group: Family::Hash,
    complexity: "O(N) with the number of fields given",
    args: &[Arg::new("key", ArgKind::Key(0)), FIELDS],
};

const PERSISTED: i64 = 1;

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let fields = named(args)?;
    let count = fields.len();
    let limits = HashLimits::from(&txn.state().options);
    field_work::announce(txn, args.arg(1), count, 0, limits)?;
    let replies = txn.edit_hash(args.arg(1), Create::No, |hash| {
        let replies = fields.map(|at| args.arg(at)).map(|field| match (hash.get(field), hash.end_ms(field)) {
            (None, _) => ABSENT,
            (Some(_), None) => NO_END,
            (Some(_), Some(_)) => {
                hash.set_end(field, None);
                PERSISTED
            }
        });
        let replies: Vec<i64> = replies.collect();
        let is_changed = replies.contains(&PERSISTED);
        Ok((replies, Changed(is_changed)))
    })?;
    Ok(integers(replies.unwrap_or_else(|| vec![ABSENT; count])))
}
