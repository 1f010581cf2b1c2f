//! ZREM

use super::member_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, Txn, ZSet, ZSetLimits};

pub static SPEC: Spec = Spec::write("zrem", -3, DOC, run)
    .event(Event::zset("zrem"))
    .since(3)
    .flags(Flags::FAST)
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes members of a sorted set, and the set with its last member.",
    since: "1.2.0",
    group: Family::SortedSet,
    complexity: "O(log N) for each member, with the number of members of the set",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("member", ArgKind::String).multiple()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let limits = ZSetLimits::from(&txn.state().options);
    member_work::announce_members(txn, args.arg(1), args.len() - 2, 0, limits)?;
    let removed = txn.edit(args.arg(1), Create::No, |set: &mut ZSet| {
        let removed = args.from(2).filter(|member| set.remove(member)).count();
        Ok((removed as i64, Changed(removed > 0)))
    })?;
    Ok(Reply::Int(removed.unwrap_or_default()))
}
