//! Random fields: a function of the value and the generator alone, because scripts draw in apply.

use super::{FieldValue, Hash, Repr};
use crate::store::Rng;
use crate::store::random::{Picks, Source, sample};

impl Hash {
    /// Random fields, one after the other, each independent of the others; without end unless the hash is empty.
    pub fn picks(&self, rng: Rng) -> impl Iterator<Item = FieldValue<'_>> {
        let source = match self.fields() {
            Repr::Small(packed) => Source::List(packed.iter().collect()),
            Repr::Large(tree) => Source::Tree(tree, |field, value| (field, &**value)),
        };
        Picks::new(source, rng)
    }

    /// `count` different random fields, or all if there are fewer; every set of that size equally likely.
    pub fn sample(&self, count: usize, rng: Rng) -> Vec<FieldValue<'_>> {
        let picks = self.is_large().then_some(|rng| self.picks(rng));
        sample(self.iter(), self.len(), picks, count, rng)
    }
}
