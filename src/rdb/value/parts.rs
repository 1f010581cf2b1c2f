//! Values that are put together of what is read, element by element. None where an element stands twice, or is none.

use crate::protocol::parse_double;
use crate::store::{
    End, Hash, HashLimits, List, ListLimits, Options, Set, SetLimits, Value, ValueType, ZSet, ZSetLimits,
};

/// Of elements that stand alone.
pub struct Single<T, L> {
    value: T,
    limits: L,
    /// False if it stands there already.
    add: fn(&mut T, &[u8], L) -> bool,
}

/// Of elements in two parts.
pub struct Paired<T, L> {
    value: T,
    limits: L,
    /// The first part, whose second is to come.
    first: Option<Vec<u8>>,
    /// False if it stands there already, or a part is none.
    add: fn(&mut T, &[u8], &[u8], L) -> bool,
}

pub fn list(options: &Options) -> Single<List, ListLimits> {
    let add = |list: &mut List, element: &[u8], limits| {
        list.expect([element], limits);
        list.push(End::Tail, element, limits);
        true
    };
    Single { value: List::default(), limits: ListLimits::from(options), add }
}

pub fn set(options: &Options) -> Single<Set, SetLimits> {
    Single { value: Set::default(), limits: SetLimits::from(options), add: Set::add }
}

pub fn hash(options: &Options) -> Paired<Hash, HashLimits> {
    Paired { value: Hash::default(), limits: HashLimits::from(options), first: None, add: Hash::set }
}

pub fn sorted_set(options: &Options) -> Paired<ZSet, ZSetLimits> {
    let add = |set: &mut ZSet, member: &[u8], score: &[u8], limits| {
        parse_double(score).is_some_and(|score| add_scored(set, member, score, limits))
    };
    Paired { value: ZSet::default(), limits: ZSetLimits::from(options), first: None, add }
}

fn add_scored(set: &mut ZSet, member: &[u8], score: f64, limits: ZSetLimits) -> bool {
    !score.is_nan() && set.set(member, score, limits).is_none()
}

impl<T: ValueType + Into<Value>, L: Copy> Single<T, L> {
    pub fn push(&mut self, element: &[u8]) -> Option<()> {
        (self.add)(&mut self.value, element, self.limits).then_some(())
    }

    pub fn finish(self) -> Option<Value> {
        (!self.value.is_vacant()).then(|| self.value.into())
    }
}

impl<T: ValueType + Into<Value>, L: Copy> Paired<T, L> {
    /// The first or the second part of an element.
    pub fn push(&mut self, part: &[u8]) -> Option<()> {
        match self.first.take() {
            None => {
                self.first = Some(part.to_vec());
                Some(())
            }
            Some(first) => (self.add)(&mut self.value, &first, part, self.limits).then_some(()),
        }
    }

    pub fn finish(self) -> Option<Value> {
        (self.first.is_none() && !self.value.is_vacant()).then(|| self.value.into())
    }
}

impl Paired<ZSet, ZSetLimits> {
    /// A member and its score.
    pub fn push_scored(&mut self, member: &[u8], score: f64) -> Option<()> {
        add_scored(&mut self.value, member, score, self.limits).then_some(())
    }
}
