//! Random members: a function of the value and the generator alone, because SPOP draws in apply.

use hashbrown::HashSet;

use super::{Repr, Set, SetForm, SetLimits, SetMember};
use crate::store::Rng;
use crate::store::random::{Picks, Source, sample};

/// A large set of which not more than this part is left by [`Set::pop_sample`] is made anew, as Redis does it.
const LEFT_PART: usize = 5;

impl Set {
    /// Random members, one after the other, each independent of the others; without end unless the set is empty.
    pub fn picks(&self, rng: Rng) -> impl Iterator<Item = SetMember<'_>> {
        let source = match &self.0 {
            Repr::Large(tree) => Source::Tree(tree, |member, _| SetMember::Str(member)),
            _ => Source::List(self.iter().collect()),
        };
        Picks::new(source, rng)
    }

    /// `count` different random members, or all if there are fewer; every set of that size equally likely.
    pub fn sample(&self, count: usize, rng: Rng) -> Vec<SetMember<'_>> {
        let picks = (self.form() == SetForm::Large).then_some(|rng| self.picks(rng));
        sample(self.iter(), self.len(), picks, count, rng)
    }

    /// Takes `count` different random members out, or all if there are fewer.
    pub fn pop_sample(&mut self, count: usize, rng: Rng, limits: SetLimits) -> Vec<Box<[u8]>> {
        let popped: Vec<Box<[u8]>> = self.sample(count, rng).iter().map(|member| member.as_ref().into()).collect();
        let left = self.len() - popped.len();
        if left == 0 {
            *self = Self::default();
            return popped;
        }
        if self.form() == SetForm::Large && left.saturating_mul(LEFT_PART) > count {
            for member in &popped {
                self.remove(member);
            }
            return popped;
        }
        let gone: HashSet<&[u8]> = popped.iter().map(|member| &**member).collect();
        let staying = self.iter().filter(|member| !gone.contains(member.as_ref()));
        let new = match self.form() {
            SetForm::Large => {
                let mut new = Self::small();
                for member in staying {
                    new.add(member.as_ref(), limits);
                }
                Some(new)
            }
            form => Self::from_parts(form, staying),
        };
        drop(gone);
        *self = new.unwrap_or_default();
        popped
    }
}
