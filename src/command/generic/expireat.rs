//! EXPIREAT

use crate::command::generic::expire_options::{CONDITION, TimeBase, expire, request};
use crate::command::generic::lifetime::Unit;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::Args;
use crate::store::Txn;

pub static SPEC: Spec = Spec::write("expireat", -3, DOC, run)
    .flags(Flags::FAST)
    .check(|args| request(args, SPEC.name, Unit::Seconds).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::UPDATE))]);

const DOC: Doc = Doc {
    summary: "Sets the Unix time in seconds at which a key expires.",
    since: "1.2.0",
    group: Family::Generic,
    complexity: "O(1)",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("unix-time-seconds", ArgKind::UnixTime), CONDITION],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    expire(txn, args, TimeBase::Epoch, request(args, SPEC.name, Unit::Seconds)?)
}
