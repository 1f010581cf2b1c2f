//! Intersection, union and difference of sets.

use std::cmp::Reverse;

use crate::command::repeated::times_named;
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

/// The set at a key.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    /// None if it is absent.
    set: Option<&'a Set>,
    /// How often the key is named. What is done with the set is done once.
    times: usize,
}

/// The sets at the keys among the arguments, in the order in which these are named first. All are looked at: one of another type is an error,
/// whatever the others are.
pub(super) fn inputs<'a>(
    view: &View<'a>,
    args: &Args,
    keys: std::ops::Range<usize>,
) -> Result<Vec<Input<'a>>, ReplyError> {
    let mut inputs = Vec::new();
    for (at, times) in keys.clone().zip(times_named(keys.map(|at| args.arg(at)))) {
        let set = view.typed::<Set>(args.arg(at))?;
        if times > 0 {
            inputs.push(Input { set, times });
        }
    }
    Ok(inputs)
}

/// SINTER, SUNION, SDIFF.
pub(super) fn reply(view: &View<'_>, args: &Args, operation: Operation) -> Result<Reply, ReplyError> {
    let inputs = inputs(view, args, 1..args.len())?;
    view.work(units(&inputs, operation))?;
    let result = result(&inputs, operation, SetLimits::from(&view.state().options));
    Ok(Reply::Set(bulks(result.iter()).collect()))
}

/// SINTERSTORE, SUNIONSTORE, SDIFFSTORE: the result goes to the first key, over whatever is there; without members, nothing is there afterwards.
pub(super) fn store(txn: &mut Txn<'_>, args: &Args, operation: Operation) -> Result<Reply, ReplyError> {
    let keys = 2..args.len();
    let limits = SetLimits::from(&txn.state().options);
    // Only a script asks; other writes shall not look the keys up twice.
    if txn.is_work_bounded() {
        let units = units(&inputs(&txn.view(), args, keys.clone())?, operation);
        txn.work(units)?;
    }
    let view = txn.view();
    let result = inputs(&view, args, keys).map(|inputs| result(&inputs, operation, limits));
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
pub(super) fn ascending<'a>(inputs: &[Input<'a>]) -> Option<Vec<&'a Set>> {
    let mut present: Vec<&Set> = inputs.iter().map(|input| input.set).collect::<Option<_>>()?;
    present.sort_by_key(|set| set.len());
    Some(present)
}

/// The units of looking for each member of `first` in all of `others`.
pub(super) fn lookup_units<'a>(first: &Set, others: impl IntoIterator<Item = &'a Set>) -> u64 {
    let each: u64 = others.into_iter().map(|set| ELEMENT_UNITS + set.lookup_units()).sum();
    first.iter_units().saturating_add(each.saturating_mul(first.len() as u64))
}

/// The units of making a set of others.
fn units(inputs: &[Input<'_>], operation: Operation) -> u64 {
    let all = || present(inputs).map(Set::iter_units).sum::<u64>().saturating_mul(2);
    match operation {
        Operation::Union => all(),
        Operation::Difference => match minuend(inputs) {
            Some((first, others)) if is_looked_up(first, others) => {
                lookup_units(first, present(others)).saturating_add(first.iter_units())
            }
            Some(_) => all(),
            None => 0,
        },
        Operation::Intersection => {
            let sets = ascending(inputs).unwrap_or_default();
            sets.split_first().map_or(0, |(smallest, others)| {
                lookup_units(smallest, others.iter().copied()).saturating_add(smallest.iter_units())
            })
        }
    }
}

fn present<'a>(inputs: &[Input<'a>]) -> impl Iterator<Item = &'a Set> {
    inputs.iter().filter_map(|input| input.set)
}

/// What others are taken from, and these. None if nothing is left: there is nothing, or it is itself among the others.
fn minuend<'i, 'a>(inputs: &'i [Input<'a>]) -> Option<(&'a Set, &'i [Input<'a>])> {
    let (first, others) = inputs.split_first()?;
    if first.times > 1 { None } else { Some((first.set?, others)) }
}

/// The set that becomes of others, in the form that Redis gives it.
fn result(inputs: &[Input<'_>], operation: Operation, limits: SetLimits) -> Set {
    match operation {
        Operation::Intersection => intersection(inputs, limits),
        Operation::Union => {
            let mut result = Set::default();
            for member in present(inputs).flat_map(|set| set.iter()) {
                result.add(member.as_ref(), limits);
            }
            result
        }
        Operation::Difference => difference(inputs, limits),
    }
}

fn intersection(inputs: &[Input<'_>], limits: SetLimits) -> Set {
    let sets = ascending(inputs).unwrap_or_default();
    let Some((smallest, others)) = sets.split_first() else { return Set::default() };
    let mut result = if smallest.form() == SetForm::Ints { Set::default() } else { Set::small() };
    for member in smallest.iter().filter(|member| others.iter().all(|set| set.contains(member.as_ref()))) {
        result.add(member.as_ref(), limits);
    }
    result.settle(limits);
    result
}

fn difference(inputs: &[Input<'_>], limits: SetLimits) -> Set {
    let mut result = Set::default();
    let Some((first, others)) = minuend(inputs) else { return result };
    if is_looked_up(first, others) {
        let mut others: Vec<&Set> = present(others).collect();
        // The largest one most likely has it.
        others.sort_by_key(|set| Reverse(set.len()));
        for member in first.iter().filter(|member| !others.iter().any(|set| set.contains(member.as_ref()))) {
            result.add(member.as_ref(), limits);
        }
    } else {
        for member in first.iter() {
            result.add(member.as_ref(), limits);
        }
        for member in present(others).flat_map(|set| set.iter()) {
            result.remove(member.as_ref());
        }
    }
    result
}

/// How a difference is made, as in Redis by what seems to be less, for it shows in the form of the result: each member of the first set is
/// looked for in the others, or all of the others are removed. Redis counts a set as often as it is named.
fn is_looked_up(first: &Set, others: &[Input<'_>]) -> bool {
    let (mut named, mut members) = (1, first.len());
    for Input { set, times } in others {
        let Some(set) = set else { continue };
        named += times;
        members = members.saturating_add(set.len().saturating_mul(*times));
    }
    first.len().saturating_mul(named) / 2 <= members
}
