//! Union, intersection and difference of keys: what ZUNION, ZINTER, ZDIFF and their kin have in common.
//!
//! Sums depend on their order, so it is Redis's: inputs from the smallest to the largest, those of one size as they were named.

use hashbrown::HashMap;

use super::{numbers, replies};
use crate::command::Outcome;
use crate::error::{NOT_AN_INTEGER, ReplyError, SYNTAX};
use crate::protocol::{Args, Reply, parse_double, parse_i64};
use crate::store::{Deadline, ELEMENT_UNITS, Element, Set, SetMember, Txn, Value, View, ZSet, ZSetLimits};

const NO_WEIGHT: ReplyError = ReplyError::new("ERR weight value is not a float");
const NO_LIMIT: ReplyError = ReplyError::new("ERR LIMIT can't be negative");

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Operation {
    Union,
    Intersection,
    Difference,
}

/// What a command does with the result.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Use {
    /// Answers it.
    Show,
    /// Answers how much it is.
    Count,
    /// Puts it under the key in the first argument.
    Store,
}

/// A command.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub name: &'static str,
    pub operation: Operation,
    pub used: Use,
}

/// How the scores of one member come together.
#[derive(Clone, Copy, Default)]
enum Aggregate {
    #[default]
    Sum,
    Min,
    Max,
}

impl Aggregate {
    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            // The sum of two infinities of different sign is 0 by Redis's convention.
            Self::Sum => zero_if_nan(a + b),
            Self::Min => {
                if b < a {
                    b
                } else {
                    a
                }
            }
            Self::Max => {
                if b > a {
                    b
                } else {
                    a
                }
            }
        }
    }
}

fn zero_if_nan(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score }
}

/// The value of a key that may be combined: the one place that knows which types may.
#[derive(Clone, Copy)]
enum Input<'a> {
    Absent,
    Sorted(&'a ZSet),
    /// Each member counts 1.
    Plain(&'a Set),
}

/// A member with its score. Integers of a set have no text that could be borrowed.
type Scored<'a> = (SetMember<'a>, f64);

impl<'a> Input<'a> {
    fn of(value: Option<&'a Value>) -> Result<Self, ReplyError> {
        let Some(value) = value else { return Ok(Self::Absent) };
        value.typed().map(Self::Plain).or_else(|_| value.typed().map(Self::Sorted))
    }

    fn len(self) -> usize {
        match self {
            Self::Absent => 0,
            Self::Sorted(set) => set.len(),
            Self::Plain(set) => set.len(),
        }
    }

    fn lookup_units(self) -> u64 {
        match self {
            Self::Absent => 0,
            Self::Sorted(set) => set.lookup_units(),
            Self::Plain(set) => set.lookup_units(),
        }
    }

    fn get(self, member: &[u8]) -> Option<f64> {
        match self {
            Self::Absent => None,
            Self::Sorted(set) => set.get(member),
            Self::Plain(set) => set.contains(member).then_some(1.0),
        }
    }

    fn elements(self) -> impl Iterator<Item = Scored<'a>> {
        let (sorted, plain) = match self {
            Self::Absent => (None, None),
            Self::Sorted(set) => (Some(set), None),
            Self::Plain(set) => (None, Some(set)),
        };
        let sorted = sorted.into_iter().flat_map(ZSet::iter).map(|(member, score)| (SetMember::Str(member), score));
        sorted.chain(plain.into_iter().flat_map(Set::iter).map(|member| (member, 1.0)))
    }
}

/// The number of keys, at its argument.
fn key_count(args: &Args, form: Form) -> Result<(usize, usize), ReplyError> {
    let at = if form.used == Use::Store { 2 } else { 1 };
    let count = parse_i64(args.arg(at)).ok_or(NOT_AN_INTEGER)?;
    if count < 1 {
        let name = form.name;
        return Err(ReplyError::text(format!("ERR at least 1 input key is needed for '{name}' command")));
    }
    match usize::try_from(count) {
        Ok(count) if count < args.len() - at => Ok((at, count)),
        _ => Err(SYNTAX),
    }
}

/// What is wrong whatever the keys hold. Their types are looked at before the options, as in Redis.
pub(super) fn check(args: &Args, form: Form) -> Result<(), ReplyError> {
    key_count(args, form).map(drop)
}

/// The inputs, and what is to be done with them.
struct Request<'a> {
    operation: Operation,
    /// Each with its weight.
    inputs: Vec<(Input<'a>, f64)>,
    aggregate: Aggregate,
    with_scores: bool,
    /// Most members that are counted.
    limit: usize,
}

fn request<'a>(view: &View<'a>, args: &Args, form: Form) -> Result<Request<'a>, ReplyError> {
    let (at, count) = key_count(args, form)?;
    let mut inputs = Vec::new();
    for key in args.from(at + 1).take(count) {
        inputs.push((Input::of(view.get(key).map(|entry| entry.value()))?, 1.0));
    }
    let operation = form.operation;
    let mut request = Request { operation, inputs, aggregate: Aggregate::Sum, with_scores: false, limit: usize::MAX };
    let weighs = operation != Operation::Difference && form.used != Use::Count;
    let mut at = at + 1 + count;
    while at < args.len() {
        let behind = args.len() - at - 1;
        if weighs && behind >= count && args.is(at, "WEIGHTS") {
            for ((_, weight), arg) in request.inputs.iter_mut().zip(args.from(at + 1)) {
                *weight = parse_double(arg).ok_or(NO_WEIGHT)?;
            }
            at += 1 + count;
        } else if weighs && behind >= 1 && args.is(at, "AGGREGATE") {
            request.aggregate = match args.arg(at + 1).to_ascii_uppercase().as_slice() {
                b"SUM" => Aggregate::Sum,
                b"MIN" => Aggregate::Min,
                b"MAX" => Aggregate::Max,
                _ => return Err(SYNTAX),
            };
            at += 2;
        } else if form.used == Use::Show && args.is(at, "WITHSCORES") {
            request.with_scores = true;
            at += 1;
        } else if form.used == Use::Count && behind >= 1 && args.is(at, "LIMIT") {
            let limit = numbers::count(args.arg(at + 1)).map_err(|_| NO_LIMIT)?;
            request.limit = if limit == 0 { usize::MAX } else { usize::try_from(limit).unwrap_or(usize::MAX) };
            at += 2;
        } else {
            return Err(SYNTAX);
        }
    }
    if operation != Operation::Difference {
        request.inputs.sort_by_key(|(input, _)| input.len());
    }
    Ok(request)
}

impl<'a> Request<'a> {
    /// The units of [`Self::result`] (`store::work`).
    fn units(&self) -> u64 {
        let elements = match (self.operation, self.inputs.split_first()) {
            (Operation::Union, _) => self.inputs.iter().map(|(input, _)| input.len() as u64 * ELEMENT_UNITS).sum(),
            (_, Some(((first, _), others))) => {
                let each: u64 = others.iter().map(|(input, _)| ELEMENT_UNITS + input.lookup_units()).sum();
                (first.len() as u64).saturating_mul(ELEMENT_UNITS + each)
            }
            (_, None) => 0,
        };
        // Sorted at the end.
        elements.saturating_mul(2)
    }

    /// Members with their scores, each once, in no order.
    fn result(&self) -> Vec<Scored<'a>> {
        let Some(((first, weight), others)) = self.inputs.split_first() else { return Vec::new() };
        match self.operation {
            Operation::Union => self.union(),
            Operation::Intersection => {
                let scored = |(member, score): Scored<'a>| {
                    let start = zero_if_nan(weight * score);
                    let sum = others.iter().try_fold(start, |sum, (input, weight)| {
                        Some(self.aggregate.of(sum, input.get(member.as_ref())? * weight))
                    });
                    Some((member, sum?))
                };
                first.elements().filter_map(scored).take(self.limit).collect()
            }
            Operation::Difference => {
                let is_alone =
                    |(member, _): &Scored<'_>| others.iter().all(|(input, _)| input.get(member.as_ref()).is_none());
                first.elements().filter(is_alone).collect()
            }
        }
    }

    fn union(&self) -> Vec<Scored<'a>> {
        let mut union: Vec<Scored<'a>> = Vec::new();
        // Only asked for members, never gone through.
        let mut places: HashMap<SetMember<'a>, usize> = HashMap::new();
        for (input, weight) in &self.inputs {
            for (member, score) in input.elements() {
                let score = zero_if_nan(weight * score);
                match places.get(&member).and_then(|place| union.get_mut(*place)) {
                    Some((_, present)) => *present = self.aggregate.of(*present, score),
                    None => {
                        places.insert(member, union.len());
                        union.push((member, score));
                    }
                }
            }
        }
        union
    }
}

fn borrowed<'a>(scored: &'a [Scored<'_>]) -> Vec<Element<'a>> {
    scored.iter().map(|(member, score)| (member.as_ref(), *score)).collect()
}

/// Answers the result, or its size.
pub(super) fn read(view: &View<'_>, args: &Args, form: Form) -> Outcome {
    let request = request(view, args, form)?;
    view.work(request.units())?;
    let result = request.result();
    if form.used == Use::Count {
        return Ok(Reply::Int(result.len() as i64));
    }
    let mut result = borrowed(&result);
    ZSet::sort(&mut result);
    Ok(replies::elements(&result, request.with_scores))
}

/// Puts the result under the key in the first argument, or removes the key if there is none.
pub(super) fn store(txn: &mut Txn<'_>, args: &Args, form: Form) -> Outcome {
    if txn.is_work_bounded() {
        let units = request(&txn.view(), args, form)?.units();
        txn.work(units)?;
    }
    let limits = ZSetLimits::from(&txn.state().options);
    let view = txn.view();
    let result = request(&view, args, form).map(|request| ZSet::of(borrowed(&request.result()), limits));
    let tally = view.take_tally();
    txn.count(tally);
    keep(txn, args.arg(1), result?)
}

/// Gives `key` a new set, or removes it if that is empty: how many members there are.
pub(super) fn keep(txn: &mut Txn<'_>, key: &[u8], set: ZSet) -> Outcome {
    let len = set.len();
    if set.is_empty() {
        txn.remove(key);
    } else {
        txn.set(key, set.into(), Deadline::Clear);
    }
    Ok(Reply::Int(len as i64))
}
