//! Random members: a function of the value and the generator alone, because scripts draw in apply.

use hashbrown::HashSet;

use super::{Element, Repr, ZSet};
use crate::store::Rng;

impl ZSet {
    /// Random elements, one after the other, each independent of the others; without end unless the set is empty.
    pub fn picks(&self, mut rng: Rng) -> impl Iterator<Item = Element<'_>> {
        // Places in a small set are found by going through it: once for all picks.
        let list: Vec<Element<'_>> = if self.is_large() { Vec::new() } else { self.iter().collect() };
        let len = self.len() as u64;
        std::iter::from_fn(move || {
            let rank = rng.below(len) as usize;
            match &self.0 {
                Repr::Small(_) => list.get(rank).copied(),
                Repr::Large(tree) => tree.at(rank),
            }
        })
    }

    /// `count` different random elements, or all if there are fewer; every set of that size equally likely.
    pub fn sample(&self, count: usize, mut rng: Rng) -> Vec<Element<'_>> {
        if count >= self.len() {
            return self.iter().collect();
        }
        // As in Redis: few of many are picked until enough are different, else one pass chooses among all.
        if self.is_large() && count.saturating_mul(3) <= self.len() {
            let mut seen = HashSet::with_capacity(count);
            let mut picks = self.picks(Rng::new(rng.next_u64())).take(count.saturating_mul(16));
            let sample: Vec<_> = picks.by_ref().filter(|(member, _)| seen.insert(*member)).take(count).collect();
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
