//! SADD

use super::member_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, Set, SetLimits, Txn};

pub static SPEC: Spec = Spec::write("sadd", -3, DOC, run)
    .event(Event::set("sadd"))
    .since(3)
    .flags(Flags::DENYOOM.union(Flags::FAST))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::INSERT))]);

const DOC: Doc = Doc {
    summary: "Adds members to a set; makes the set if there is none.",
    since: "1.0.0",
    group: Family::Set,
    complexity: "O(N) with the number of members given",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("member", ArgKind::String).multiple()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let limits = SetLimits::from(&txn.state().options);
    let count = args.len() - 2;
    member_work::announce(txn, args.arg(1), count, count)?;
    let added = txn.edit(args.arg(1), Create::Yes, |set: &mut Set| {
        set.expect(args.arg(2), count, limits);
        let added = args.from(2).filter(|member| set.add(member, limits)).count();
        Ok((added as i64, Changed(added > 0)))
    })?;
    Ok(Reply::Int(added.unwrap_or_default()))
}
