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
    let result = result(view, &sets, operation)?;
    Ok(Reply::Set(bulks(result.iter()).collect()))
}

/// SINTERSTORE, SUNIONSTORE, SDIFFSTORE: the result goes to the first key, over whatever is there; without members, nothing is there afterwards.
pub(super) fn store(txn: &mut Txn<'_>, args: &Args, operation: Operation) -> Result<Reply, ReplyError> {
    let view = txn.view();
    let result = sets(&view, args, 2..args.len()).and_then(|sets| result(&view, &sets, operation));
    let (tally, units) = (view.take_tally(), view.worked());
    txn.count(tally);
    let result = result?;
    // Known only now.
    txn.work(units)?;
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

/// The set that becomes of others, in the form that Redis gives it.
fn result(view: &View<'_>, sets: &[Option<&Set>], operation: Operation) -> Result<Set, ReplyError> {
    let limits = SetLimits::from(&view.state().options);
    match operation {
        Operation::Intersection => intersection(view, sets, limits),
        Operation::Union => {
            view.work(sets.iter().flatten().map(|set| 2 * set.iter_units()).sum())?;
            let mut result = Set::default();
            for member in sets.iter().flatten().flat_map(|set| set.iter()) {
                result.add(member.as_ref(), limits);
            }
            Ok(result)
        }
        Operation::Difference => difference(view, sets, limits),
    }
}

fn intersection(view: &View<'_>, sets: &[Option<&Set>], limits: SetLimits) -> Result<Set, ReplyError> {
    let Some(sets) = ascending(sets) else { return Ok(Set::default()) };
    let Some((smallest, others)) = sets.split_first() else { return Ok(Set::default()) };
    view.work(lookup_units(smallest, others.iter().copied()).saturating_add(smallest.iter_units()))?;
    let mut result = if smallest.form() == SetForm::Ints { Set::default() } else { Set::small() };
    for member in smallest.iter().filter(|member| others.iter().all(|set| set.contains(member.as_ref()))) {
        result.add(member.as_ref(), limits);
    }
    result.settle(limits);
    Ok(result)
}

fn difference(view: &View<'_>, sets: &[Option<&Set>], limits: SetLimits) -> Result<Set, ReplyError> {
    let mut result = Set::default();
    let Some((Some(first), others)) = sets.split_first() else { return Ok(result) };
    let mut others: Vec<&Set> = others.iter().copied().flatten().collect();
    if others.iter().any(|set| std::ptr::eq(*set, *first)) {
        return Ok(result);
    }
    // As in Redis: by looking for each member of the first in the others, or by removing all of the others; what seems to be less.
    let looking = first.len() * sets.len() / 2;
    let removing: usize = first.len() + others.iter().map(|set| set.len()).sum::<usize>();
    if looking <= removing {
        view.work(lookup_units(first, others.iter().copied()).saturating_add(first.iter_units()))?;
        // The largest one most likely has it.
        others.sort_by_key(|set| Reverse(set.len()));
        for member in first.iter().filter(|member| !others.iter().any(|set| set.contains(member.as_ref()))) {
            result.add(member.as_ref(), limits);
        }
    } else {
        let each = first.change_units() + ELEMENT_UNITS;
        view.work(each.saturating_mul(removing as u64))?;
        for member in first.iter() {
            result.add(member.as_ref(), limits);
        }
        for member in others.iter().flat_map(|set| set.iter()) {
            result.remove(member.as_ref());
        }
    }
    Ok(result)
}
