//! HPEXPIREAT

use super::field_expiry::{FLAGS, KEYS, expire, request};
use super::field_list::FIELDS;
use crate::command::generic::expire_options::CONDITION;
use crate::command::string::expire_option::Time;
use crate::command::{Arg, ArgKind, Doc, Family, Outcome, Spec};
use crate::protocol::Args;
use crate::store::{Event, Txn};

pub static SPEC: Spec = Spec::write("hpexpireat", -6, DOC, run)
    .since(3)
    .event(Event::hash("hexpire"))
    .flags(FLAGS)
    .check(|args| request(args, SPEC.name, Time::AtMilliseconds).map(drop))
    .keys(KEYS);

const DOC: Doc = Doc {
    summary: "Sets at which Unix time in milliseconds fields of a hash expire.",
    since: "7.4.0",
    group: Family::Hash,
    complexity: "O(N) with the number of fields given",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("unix-time-milliseconds", ArgKind::UnixTime), CONDITION, FIELDS],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    expire(txn, args, request(args, SPEC.name, Time::AtMilliseconds)?)
}
