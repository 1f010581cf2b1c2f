//! SPOP

use super::member_work;
use crate::command::{Arg, ArgKind, Doc, Family, Flags, KeyFlags, KeySpec, Outcome, Spec};
use crate::error::{ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_i64};
use crate::store::{Changed, Create, Event, Rng, Set, SetLimits, Txn};

pub static SPEC: Spec = Spec::write("spop", -2, DOC, run)
    .event(Event::set("spop"))
    .since(3)
    .flags(Flags::FAST)
    .check(|args| count(args).map(drop))
    .keys(&[KeySpec::first(KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE))]);

const DOC: Doc = Doc {
    summary: "Takes random members out of a set, and removes the set with its last member.",
    since: "1.0.0",
    group: Family::Set,
    complexity: "O(N) with the number of members returned",
    args: &[Arg::new("key", ArgKind::Key(0)), Arg::new("count", ArgKind::Integer).optional()],
};

const NOT_POSITIVE: ReplyError = ReplyError::new("ERR value is out of range, must be positive");

/// How many members; None for one that is no set.
fn count(args: &Args) -> Result<Option<usize>, ReplyError> {
    if args.len() > 3 {
        return Err(SYNTAX);
    }
    let Some(count) = args.opt(2) else { return Ok(None) };
    parse_i64(count).and_then(|count| usize::try_from(count).ok()).map(Some).ok_or(NOT_POSITIVE)
}

fn run(txn: &mut Txn<'_>, args: &Args) -> Outcome {
    let count = count(args)?;
    let limits = SetLimits::from(&txn.state().options);
    if txn.is_work_bounded() {
        // Nearly all are taken by one pass over all.
        let units = txn.typed::<Set>(args.arg(1))?.map_or(0, |set| {
            let few = (count.unwrap_or(1) as u64).saturating_mul(3) < set.len() as u64;
            if few { 0 } else { set.iter_units().saturating_mul(2) }
        });
        txn.work(units)?;
        let taken = txn.typed::<Set>(args.arg(1))?.map_or(0, Set::len).min(count.unwrap_or(1));
        member_work::announce(txn, args.arg(1), taken, 0)?;
    }
    let rng = Rng::new(txn.random());
    let popped = txn.edit(args.arg(1), Create::No, |set: &mut Set| {
        let popped = set.pop_sample(count.unwrap_or(1), rng, limits);
        let is_changed = !popped.is_empty();
        Ok((popped, Changed(is_changed)))
    })?;
    let mut popped = popped.unwrap_or_default().into_iter().map(Reply::bulk);
    Ok(match count {
        Some(_) => Reply::Set(popped.collect()),
        None => popped.next().unwrap_or(Reply::Nil),
    })
}
