//! The sorted set: members with scores, in order of (score, member), in one of two representations, as in Redis.
//!
//! - *Small*: one list in one allocation, in order; everything is linear. OBJECT ENCODING: `listpack`.
//! - *Large*: two persistent trees that count ([`Ranked`](super::ranked)), by score and by member. Finding a member, its rank, what stands
//!   at a rank, behind a score or behind a member take O(log n), a range as much and its length. A clone is O(1). OBJECT ENCODING:
//!   `skiplist`.
//!
//! Invariants
//! - Each member stands once. No score is NaN; -0 and 0 are one score, whose members stand in the order of their bytes.
//! - A small set stays small while it has at most [`ZSetLimits::entries_max`] members and no member that is added is longer than
//!   [`ZSetLimits::member_max`]; then it becomes large, and it never goes back, whatever is removed.
//! - All that is seen, order, scans and random members, is a function of members, scores and representation alone.
//! - [`ZSet::scan`] meets every member that is there during the whole of a scan, whatever becomes of its score: a member's place among
//!   the names never changes and cursors only rise.
//!
//! Deliberately without the key, a deadline or a revision: the entry has those.

mod bounds;
mod look_up;
mod packed;
mod random;
#[cfg(test)]
mod tests;
mod tree;

use std::ops::Range;

pub use look_up::LookUp;
use packed::Packed;
use tree::Tree;

use super::{ELEMENT_UNITS, Options, ValueType, units_of_bytes};
pub use bounds::{LexBound, LexRange, ScoreRange};

/// A sorted set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ZSet(Repr);

#[derive(Clone, Debug, PartialEq)]
enum Repr {
    Small(Packed),
    Large(Box<Tree>),
}

impl Default for Repr {
    fn default() -> Self {
        Self::Small(Packed::default())
    }
}

/// Up to where a sorted set stays small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZSetLimits {
    /// Most members.
    pub entries_max: u64,
    /// Longest member, bytes.
    pub member_max: u64,
}

/// Bound of both limits, however large the options are: a lookup in a small set goes through all of it on every node.
const SMALL_MAX: u64 = 1 << 20;
/// Above so many members a set is freed in the background.
const SLOW_TO_FREE: usize = 64;

impl From<&Options> for ZSetLimits {
    fn from(options: &Options) -> Self {
        Self {
            entries_max: options.zset_small_entries_max.min(SMALL_MAX),
            member_max: options.zset_small_value_max.min(SMALL_MAX),
        }
    }
}

/// A member and its score.
pub type Element<'a> = (&'a [u8], f64);

/// True if the first stands in front of the second.
fn precedes(a: Element<'_>, b: Element<'_>) -> bool {
    // No score is NaN.
    a.1 < b.1 || (a.1 == b.1 && a.0 < b.0)
}

impl ZSet {
    /// The value that another one was: `large` is its [`ZSet::is_large`], `elements` what its [`ZSet::iter`] gave. None if they are not in
    /// order, a member stands twice, or a score is NaN.
    pub fn from_parts<B: AsRef<[u8]>>(large: bool, elements: &[(B, f64)]) -> Option<Self> {
        let elements = || elements.iter().map(|(member, score)| (member.as_ref(), *score));
        if elements().any(|(_, score)| score.is_nan())
            || elements().zip(elements().skip(1)).any(|(a, b)| !precedes(a, b))
        {
            return None;
        }
        if large {
            return Tree::from_sorted(elements()).map(|tree| Self(Repr::Large(tree.into())));
        }
        let mut members: Vec<&[u8]> = elements().map(|(member, _)| member).collect();
        members.sort_unstable();
        let is_twice = members.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
        (!is_twice).then(|| Self(Repr::Small(Packed::from_sorted(elements()))))
    }

    /// A set of these elements, in whatever order; each member stands once, and no score is NaN. Small if it may be.
    pub fn of(mut elements: Vec<Element<'_>>, limits: ZSetLimits) -> Self {
        Self::sort(&mut elements);
        let longest = elements.iter().map(|(member, _)| member.len()).max().unwrap_or(0);
        let large = elements.len() as u64 > limits.entries_max || longest as u64 > limits.member_max;
        Self::from_parts(large, &elements).unwrap_or_default()
    }

    /// Puts elements into the order of a set.
    pub fn sort(elements: &mut [Element<'_>]) {
        elements.sort_unstable_by(|a, b| a.1.partial_cmp(&b.1).unwrap_or(std::cmp::Ordering::Equal).then(a.0.cmp(b.0)));
    }

    /// True in the large representation.
    pub fn is_large(&self) -> bool {
        matches!(self.0, Repr::Large(_))
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Small(packed) => packed.len(),
            Repr::Large(tree) => tree.len(),
        }
    }

    /// True without members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The units of finding one member or place (`store::work`), besides what it costs anyway: a small set is searched linearly.
    pub fn lookup_units(&self) -> u64 {
        if self.is_large() { 0 } else { self.len() as u64 }
    }

    /// The units of going through all members.
    pub fn iter_units(&self) -> u64 {
        self.len() as u64 * ELEMENT_UNITS
    }

    /// The score of a member.
    pub fn get(&self, member: &[u8]) -> Option<f64> {
        match &self.0 {
            Repr::Small(packed) => packed.find(member).map(|place| place.score),
            Repr::Large(tree) => tree.get(member),
        }
    }

    /// How many members stand in front of one, and its score.
    pub fn rank(&self, member: &[u8]) -> Option<(usize, f64)> {
        match &self.0 {
            Repr::Small(packed) => packed.find(member).map(|place| (place.index, place.score)),
            Repr::Large(tree) => tree.get(member).map(|score| (tree.rank((member, score)), score)),
        }
    }

    /// Sets the score of a member, which is not NaN; the score before, if it was there.
    pub fn set(&mut self, member: &[u8], score: f64, limits: ZSetLimits) -> Option<f64> {
        if let Repr::Small(packed) = &mut self.0 {
            let place = packed.find(member);
            if place.is_none() && (packed.len() as u64 >= limits.entries_max || member.len() as u64 > limits.member_max)
            {
                self.enlarge();
            } else {
                let before = place.as_ref().map(|place| place.score);
                if before != Some(score) {
                    if let Some(place) = place {
                        packed.remove(place);
                    }
                    packed.insert(member, score);
                }
                return before;
            }
        }
        match &mut self.0 {
            Repr::Large(tree) => tree.set(member, score),
            Repr::Small(_) => None,
        }
    }

    /// Announces that one command adds `count` members: if they are more than a small set may have, it becomes large at once, as in
    /// Redis, even should some be the same.
    pub fn expect(&mut self, count: usize, limits: ZSetLimits) {
        if count as u64 > limits.entries_max {
            self.enlarge();
        }
    }

    /// Removes a member: true if it was there.
    pub fn remove(&mut self, member: &[u8]) -> bool {
        match &mut self.0 {
            Repr::Small(packed) => packed.find(member).map(|place| packed.remove(place)).is_some(),
            Repr::Large(tree) => tree.remove(member),
        }
    }

    /// Removes what stands at these ranks, which are within the set.
    pub fn remove_range(&mut self, ranks: Range<usize>) {
        match &mut self.0 {
            _ if ranks.is_empty() => {}
            Repr::Small(packed) => packed.remove_range(ranks),
            Repr::Large(tree) => tree.remove_range(ranks),
        }
    }

    /// All elements, in order.
    pub fn iter(&self) -> Iter<'_> {
        self.range(0..self.len())
    }

    /// What stands at these ranks, in order.
    pub fn range(&self, ranks: Range<usize>) -> Iter<'_> {
        match &self.0 {
            Repr::Small(packed) => {
                let elements: Vec<_> = packed.iter().skip(ranks.start).take(ranks.len()).collect();
                Iter(Source::Small(elements.into_iter()))
            }
            Repr::Large(tree) => Iter(Source::Large(tree.range(ranks))),
        }
    }

    /// The ranks of a range of scores.
    pub fn score_ranks(&self, range: &ScoreRange) -> Range<usize> {
        let start = self.score_point(|score| range.is_behind(score));
        start..self.score_point(|score| range.ends_behind(score)).max(start)
    }

    /// The ranks of a range of members without the first `skip` of it, or with `reverse` the last. If not all scores are the same, what
    /// Redis finds in a small set by going through it from its beginning, or its end; in a large one, some ranks.
    pub fn lex_ranks(&self, range: &LexRange<'_>, reverse: bool, skip: usize) -> Range<usize> {
        if range.is_void() {
            return 0..0;
        }
        match &self.0 {
            Repr::Small(packed) => {
                let members: Vec<&[u8]> = packed.iter().map(|(member, _)| member).collect();
                linear_lex_ranks(&members, range, reverse, skip)
            }
            Repr::Large(tree) => {
                let start = tree.member_point(|member| !range.is_begun_at(member));
                let end = tree.member_point(|member| range.goes_on_at(member)).max(start);
                if reverse {
                    start..end.saturating_sub(skip).max(start)
                } else {
                    start.saturating_add(skip).min(end)..end
                }
            }
        }
    }

    fn score_point(&self, is_before: impl Fn(f64) -> bool) -> usize {
        match &self.0 {
            Repr::Small(packed) => packed.iter().take_while(|(_, score)| is_before(*score)).count(),
            Repr::Large(tree) => tree.score_point(is_before),
        }
    }

    /// The next part of a scan, and the cursor to go on from (below 2^53; 0 at the end). A large set gives the members from `cursor` on,
    /// at least `count` if there are as many, all of one order value together. A small one is given whole, as in Redis.
    pub fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<Element<'_>>) {
        match &self.0 {
            Repr::Small(packed) => (0, packed.iter().collect()),
            Repr::Large(tree) => tree.scan(cursor, count),
        }
    }

    fn enlarge(&mut self) {
        if let Repr::Small(packed) = &self.0
            && let Some(tree) = Tree::from_sorted(packed.iter())
        {
            self.0 = Repr::Large(tree.into());
        }
    }
}

fn linear_lex_ranks(members: &[&[u8]], range: &LexRange<'_>, reverse: bool, skip: usize) -> Range<usize> {
    let (Some(first), Some(last)) = (members.first(), members.last()) else { return 0..0 };
    if !range.is_begun_at(last) || !range.goes_on_at(first) {
        return 0..0;
    }
    if reverse {
        let Some(last) = members.iter().rposition(|member| range.goes_on_at(member)) else { return 0..0 };
        if !members.get(last).is_some_and(|member| range.is_begun_at(member)) {
            return 0..0;
        }
        let end = (last + 1).saturating_sub(skip);
        let inside = members.iter().take(end).rev().take_while(|member| range.is_begun_at(member)).count();
        end - inside..end
    } else {
        let Some(first) = members.iter().position(|member| range.is_begun_at(member)) else { return 0..0 };
        if !members.get(first).is_some_and(|member| range.goes_on_at(member)) {
            return 0..0;
        }
        let start = first.saturating_add(skip).min(members.len());
        let inside = members.iter().skip(start).take_while(|member| range.goes_on_at(member)).count();
        start..start + inside
    }
}

impl ZSet {
    /// Begins to look for a member, which may be about to have a score, if it is large.
    pub(super) fn look_up(&self, member: &[u8], score: Option<f64>) -> Option<LookUp<'_>> {
        if let Repr::Large(tree) = &self.0 { Some(LookUp::new(tree, member, score)) } else { None }
    }
}

impl ValueType for ZSet {
    fn type_name(&self) -> &'static str {
        "zset"
    }

    fn encoding(&self) -> &'static str {
        if self.is_large() { "skiplist" } else { "listpack" }
    }

    fn elements(&self) -> usize {
        self.len()
    }

    fn memory(&self) -> usize {
        match &self.0 {
            Repr::Small(packed) => packed.memory(),
            Repr::Large(tree) => tree.memory(),
        }
    }

    /// What writes to both sides of a clone cost in the end.
    fn copy_units(&self) -> u64 {
        let bytes = match &self.0 {
            Repr::Small(packed) => packed.memory(),
            Repr::Large(tree) => tree.bytes(),
        };
        self.iter_units() + units_of_bytes(bytes)
    }

    fn is_slow_to_free(&self) -> bool {
        self.is_large() && self.len() > SLOW_TO_FREE
    }

    /// In order, each member once, all counts right.
    fn validate(&self) -> Result<(), String> {
        let listed = self.iter().count();
        if listed != self.len() {
            return Err(format!("{listed} members, counted {}", self.len()));
        }
        let elements: Vec<_> = self.iter().collect();
        if Self::from_parts(self.is_large(), &elements).is_none() {
            return Err("members twice or out of order".to_owned());
        }
        match &self.0 {
            Repr::Small(_) => Ok(()),
            Repr::Large(tree) => tree.validate(),
        }
    }
}

/// Elements of a sorted set in its order.
#[derive(Clone)]
pub struct Iter<'a>(Source<'a>);

#[derive(Clone)]
enum Source<'a> {
    Small(std::vec::IntoIter<Element<'a>>),
    Large(tree::Iter<'a>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        match &mut self.0 {
            Source::Small(iter) => iter.next(),
            Source::Large(iter) => iter.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Source::Small(iter) => iter.size_hint(),
            Source::Large(iter) => iter.size_hint(),
        }
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Small(iter) => iter.next_back(),
            Source::Large(iter) => iter.next_back(),
        }
    }
}
