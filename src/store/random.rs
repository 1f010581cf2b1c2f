//! Random elements of a hash or a set: a function of the value and the generator alone, because scripts draw in apply.

use std::hash::Hash;

use hashbrown::HashSet;

use super::tree::{Beside, Tree};
use super::{CURSOR_BITS, Rng};

/// A tree is cut into ranges of order in which between 8 and 16 names are expected …
const RANGE_BITS: u32 = 3;
/// … and a pick is one of this many places in one of them, drawn again if the place is empty: so all names are equally
/// likely, unless their hashes were chosen to crowd in one range.
const PLACES: u64 = 48;
/// Draws after which a pick takes the next name instead: reached with hashes that were chosen only.
const DRAWS_MAX: u32 = 64;

/// Where picks come from.
pub(super) enum Source<'a, V, T> {
    /// All there are.
    List(Vec<T>),
    /// A tree, and what is made of a name and what stands beside it.
    Tree(&'a Tree<V>, fn(&'a [u8], &'a V) -> T),
}

/// Random elements, one after the other, each independent of the others; without end unless there are none.
pub(super) struct Picks<'a, V, T> {
    source: Source<'a, V, T>,
    rng: Rng,
}

impl<'a, V, T> Picks<'a, V, T> {
    pub(super) fn new(source: Source<'a, V, T>, rng: Rng) -> Self {
        Self { source, rng }
    }
}

impl<V: Beside, T: Copy> Iterator for Picks<'_, V, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match &self.source {
            Source::List(all) => all.get(self.rng.below(all.len() as u64) as usize).copied(),
            Source::Tree(tree, make) => pick(tree, &mut self.rng).map(|(name, beside)| make(name, beside)),
        }
    }
}

/// `count` different ones of `len` elements, or all if there are fewer; every choice of that size equally likely. `picks` are those of a large
/// value.
pub(super) fn sample<T: Copy + Eq + Hash, P: Iterator<Item = T>>(
    all: impl Iterator<Item = T>,
    len: usize,
    picks: Option<impl FnOnce(Rng) -> P>,
    count: usize,
    mut rng: Rng,
) -> Vec<T> {
    if count >= len {
        return all.collect();
    }
    // As in Redis: few of many are picked until enough are different, else one pass chooses among all.
    if let Some(picks) = picks
        && count.saturating_mul(3) <= len
    {
        let mut seen = HashSet::with_capacity(count);
        let mut picks = picks(Rng::new(rng.next_u64())).take(count.saturating_mul(16));
        let sample: Vec<_> = picks.by_ref().filter(|picked| seen.insert(*picked)).take(count).collect();
        if sample.len() == count {
            return sample;
        }
    }
    // Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S).
    let (mut wanted, mut left) = (count as u64, len as u64);
    all.filter(|_| {
        let chosen = rng.below(left) < wanted;
        left -= 1;
        wanted -= u64::from(chosen);
        chosen
    })
    .collect()
}

fn pick<'a, V: Beside>(tree: &'a Tree<V>, rng: &mut Rng) -> Option<(&'a [u8], &'a V)> {
    const END: u64 = 1 << CURSOR_BITS;
    let bits = tree.len().checked_ilog2()?.saturating_sub(RANGE_BITS);
    let width = END >> bits;
    for _ in 0..DRAWS_MAX {
        let start = rng.below(1 << bits) * width;
        let place = rng.below(PLACES);
        if let Some(picked) = tree.range(start..start + width).nth(place as usize) {
            return Some(picked);
        }
    }
    let start = rng.below(END);
    tree.range(start..END).next().or_else(|| tree.iter().next())
}
