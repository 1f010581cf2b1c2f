//! Random fields: a function of the value and the generator alone, because scripts draw in apply.

use hashbrown::HashSet;

use super::{FieldValue, Hash, Repr, tree::Tree};
use crate::store::{CURSOR_BITS, Rng};

/// A large hash is cut into ranges of order in which between 8 and 16 fields are expected …
const RANGE_BITS: u32 = 3;
/// … and a pick is one of this many places in one of them, drawn again if the place is empty: so all fields are equally
/// likely, unless their hashes were chosen to crowd in one range.
const PLACES: u64 = 48;
/// Draws after which a pick takes the next field instead: reached with hashes that were chosen only.
const DRAWS_MAX: u32 = 64;

impl Hash {
    /// Random fields, one after the other, each independent of the others; without end unless the hash is empty.
    pub fn picks(&self, rng: Rng) -> impl Iterator<Item = FieldValue<'_>> {
        let source = match &self.0 {
            Repr::Small(packed) => Source::List(packed.iter().collect()),
            Repr::Large(tree) => Source::Tree(tree),
        };
        Picks { source, rng }
    }

    /// `count` different random fields, or all if there are fewer; every set of that size equally likely.
    pub fn sample(&self, count: usize, mut rng: Rng) -> Vec<FieldValue<'_>> {
        if count >= self.len() {
            return self.iter().collect();
        }
        // As in Redis: few of many are picked until enough are different, else one pass chooses among all.
        if self.is_large() && count.saturating_mul(3) <= self.len() {
            let mut seen = HashSet::with_capacity(count);
            let mut picks = self.picks(Rng::new(rng.next_u64())).take(count.saturating_mul(16));
            let sample: Vec<_> = picks.by_ref().filter(|(field, _)| seen.insert(*field)).take(count).collect();
            if sample.len() == count {
                return sample;
            }
        }
        // Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S).
        let (mut wanted, mut left) = (count as u64, self.len() as u64);
        self.iter()
            .filter(|_| {
                let chosen = rng.below(left) < wanted;
                left -= 1;
                wanted -= u64::from(chosen);
                chosen
            })
            .collect()
    }
}

struct Picks<'a> {
    source: Source<'a>,
    rng: Rng,
}

enum Source<'a> {
    List(Vec<FieldValue<'a>>),
    Tree(&'a Tree),
}

impl<'a> Iterator for Picks<'a> {
    type Item = FieldValue<'a>;

    fn next(&mut self) -> Option<FieldValue<'a>> {
        match &self.source {
            Source::List(pairs) => pairs.get(self.rng.below(pairs.len() as u64) as usize).copied(),
            Source::Tree(tree) => pick(tree, &mut self.rng),
        }
    }
}

fn pick<'a>(tree: &'a Tree, rng: &mut Rng) -> Option<FieldValue<'a>> {
    const END: u64 = 1 << CURSOR_BITS;
    let bits = tree.len().checked_ilog2()?.saturating_sub(RANGE_BITS);
    let width = END >> bits;
    for _ in 0..DRAWS_MAX {
        let start = rng.below(1 << bits) * width;
        let place = rng.below(PLACES);
        if let Some(pair) = tree.range(start..start + width).nth(place as usize) {
            return Some(pair);
        }
    }
    let start = rng.below(END);
    tree.range(start..END).next().or_else(|| tree.iter().next())
}
