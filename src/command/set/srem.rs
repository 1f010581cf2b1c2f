//! SREM

use super::member_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, Set, Txn};

pub static SPEC: Spec = Spec::write("srem", -3, DOC, run)
    .event(Event::set("srem"))
    .since(3)
    .flags(Flags::FAST)
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Removes members of a set, and the set with its last member.",
    since: "1.0.0",
    group: Family::Set,
    complexity: "O(N) with the number of members given",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("member", ArgKind::String).multiple()],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    member_work::announce(txn, args.arg(1), args.len() - 2, 0)?;
    let removed = txn.edit(args.arg(1), Create::No, |set: &mut Set| {
        let removed = args.from(2).filter(|member| set.remove(member)).count();
        Ok((removed as i64, Changed(removed > 0)))
    })?;
    Ok(Reply::Int(removed.unwrap_or_default()))
}
