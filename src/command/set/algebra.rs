//! Intersection, union and difference of sets.

use std::cmp::Reverse;

use crate::command::strings::bulks;
use crate::error::ReplyError;
use crate::protocol::{Args, Reply};
use crate::store::{Deadline, ELEMENT_UNITS, Set, SetForm, SetLimits, Txn, View};

/// What becomes of several sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// What all have.
    Intersection,
    /// What any has.
    Union,
    /// What the first has and no other.
    Difference,
}

/// The sets at the keys among the arguments, None for absent ones. All are looked at: one of another type is an error, whatever the others are.
pub(super) fn sets<'a>(
    view: &View<'a>,
    args: &Args,
    keys: std::ops::Range<usize>,
) -> Result<Vec<Option<&'a Set>>, ReplyError> {
    keys.map(|at| view.typed::<Set>(args.arg(at))).collect()
}

/// SINTER, SUNION, SDIFF.
pub(super) fn reply(view: &View<'_>, args: &Args, operation: Operation) -> Result<Reply, ReplyError> {
    let sets = sets(view, args, 1..args.len())?;
    view.work(units(&sets, operation))?;
    let result = result(&sets, operation, SetLimits::from(&view.state().options));
    Ok(Reply::Set(bulks(result.iter()).collect()))
}

/// SINTERSTORE, SUNIONSTORE, SDIFFSTORE: the result goes to the first key, over whatever is there; without members, nothing is there afterwards.
pub(super) fn store(txn: &mut Txn<'_>, args: &Args, operation: Operation) -> Result<Reply, ReplyError> {
    let keys = 2..args.len();
    let limits = SetLimits::from(&txn.state().options);
    // Only a script asks; other writes shall not look the keys up twice.
    if txn.is_work_bounded() {
        let units = units(&sets(&txn.view(), args, keys.clone())?, operation);
        txn.work(units)?;
    }
    let view = txn.view();
    let result = sets(&view, args, keys).map(|sets| result(&sets, operation, limits));
    let tally = view.take_tally();
    txn.count(tally);
    let result = result?;
    let len = result.len();
    if len == 0 {
        txn.remove(args.arg(1));
    } else {
        txn.set(args.arg(1), result.into(), Deadline::Clear);
    }
    Ok(Reply::Int(len as i64))
}

/// The smallest set first; None if one is empty, and so the intersection.
pub(super) fn ascending<'a>(sets: &[Option<&'a Set>]) -> Option<Vec<&'a Set>> {
    let mut present: Vec<&Set> = sets.iter().copied().collect::<Option<_>>()?;
    present.sort_by_key(|set| set.len());
    Some(present)
}

/// The units of looking for each member of `first` in all of `others`.
pub(super) fn lookup_units<'a>(first: &Set, others: impl IntoIterator<Item = &'a Set>) -> u64 {
    let each: u64 = others.into_iter().map(|set| ELEMENT_UNITS + set.lookup_units()).sum();
    first.iter_units().saturating_add(each.saturating_mul(first.len() as u64))
}

/// The units of making a set of others.
fn units(sets: &[Option<&Set>], operation: Operation) -> u64 {
    let all = || sets.iter().flatten().map(|set| set.iter_units()).sum::<u64>();
    match (operation, sets.split_first()) {
        (Operation::Union, _) => all().saturating_mul(2),
        (Operation::Difference, Some((Some(first), others))) => {
            if is_looked_up(first, others) {
                lookup_units(first, others.iter().copied().flatten()).saturating_add(first.iter_units())
            } else {
                all().saturating_mul(2)
            }
        }
        (Operation::Intersection, _) => {
            let sets = ascending(sets).unwrap_or_default();
            sets.split_first().map_or(0, |(smallest, others)| {
                lookup_units(smallest, others.iter().copied()).saturating_add(smallest.iter_units())
            })
        }
        (Operation::Difference, _) => 0,
    }
}

/// The set that becomes of others, in the form that Redis gives it.
fn result(sets: &[Option<&Set>], operation: Operation, limits: SetLimits) -> Set {
    match operation {
        Operation::Intersection => intersection(sets, limits),
        Operation::Union => {
            let mut result = Set::default();
            for member in sets.iter().flatten().flat_map(|set| set.iter()) {
                result.add(member.as_ref(), limits);
            }
            result
        }
        Operation::Difference => difference(sets, limits),
    }
}

fn intersection(sets: &[Option<&Set>], limits: SetLimits) -> Set {
    let sets = ascending(sets).unwrap_or_default();
    let Some((smallest, others)) = sets.split_first() else { return Set::default() };
    let mut result = if smallest.form() == SetForm::Ints { Set::default() } else { Set::small() };
    for member in smallest.iter().filter(|member| others.iter().all(|set| set.contains(member.as_ref()))) {
        result.add(member.as_ref(), limits);
    }
    result.settle(limits);
    result
}

fn difference(sets: &[Option<&Set>], limits: SetLimits) -> Set {
    let mut result = Set::default();
    let Some((Some(first), others)) = sets.split_first() else { return result };
    if is_looked_up(first, others) {
        let mut others: Vec<&Set> = others.iter().copied().flatten().collect();
        // The largest one most likely has it.
        others.sort_by_key(|set| Reverse(set.len()));
        for member in first.iter().filter(|member| !others.iter().any(|set| set.contains(member.as_ref()))) {
            result.add(member.as_ref(), limits);
        }
    } else {
        for member in first.iter() {
            result.add(member.as_ref(), limits);
        }
        for member in others.iter().flatten().flat_map(|set| set.iter()) {
            result.remove(member.as_ref());
        }
    }
    result
}

/// How a difference is made, as in Redis by what seems to be less: each member of the first set is looked for in the others, or all of the
/// others are removed.
fn is_looked_up(first: &Set, others: &[Option<&Set>]) -> bool {
    let all = others.iter().flatten().map(|set| set.len()).sum::<usize>() + first.len();
    let present = others.iter().flatten().count() + 1;
    first.len() * present / 2 <= all
}
