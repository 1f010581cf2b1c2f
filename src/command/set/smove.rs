//! SMOVE

use super::member_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::protocol::{Args, Reply};
use crate::store::{Changed, Create, Event, Set, SetLimits, Txn};

pub static SPEC: Spec = Spec::write("smove", 4, DOC, run).since(3).flags(Flags::FAST).keys(&[
    KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE)),
    KeySpec::range(2, 0, 1, KeyFlags::RW.union(KeyFlags::INSERT)),
]);

const DOC: Doc = Doc {
    summary: "Moves a member from one set to another.",
    since: "1.0.0",
    group: Family::Set,
    complexity: "O(1)",
    args: &[
        Arg::new("source", ArgKind::Key(0)),
        Arg::new("destination", ArgKind::Key(1)),
        Arg::new("member", ArgKind::String),
    ],
};

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let (source, target, member) = (args.arg(1), args.arg(2), args.arg(3));
    let limits = SetLimits::from(&txn.state().options);
    let Some(is_member) = txn.typed::<Set>(source)?.map(|set| set.contains(member)) else { return Ok(Reply::Int(0)) };
    // Both types are looked at before anything changes.
    txn.typed::<Set>(target)?;
    member_work::announce(txn, source, 2, 0)?;
    member_work::announce(txn, target, 1, 1)?;
    if is_member && source != target {
        txn.call_it(Event::set("srem"));
        txn.edit(source, Create::No, |set: &mut Set| Ok(((), Changed(set.remove(member)))))?;
        txn.call_it(Event::set("sadd"));
        txn.edit(target, Create::Yes, |set: &mut Set| {
            set.expect(member, 1, limits);
            Ok(((), Changed(set.add(member, limits))))
        })?;
    }
    Ok(Reply::Int(is_member.into()))
}
