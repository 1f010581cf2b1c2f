//! Members and scores of a large sorted set, twice: in order of (score, member), and in order of (53 bits of the member's hash, member),
//! where a member is found and a scan goes on. Both share the bytes of the members.
//!
//! Invariant: both hold the same members with the same scores, each member once.

use std::cmp::Ordering;
use std::ops::Range;

use triomphe::ThinArc;

use super::Element;
use crate::store::fetch::prefetch_at;
use crate::store::ranked::{self, Ranked, Sought};
use crate::store::trie::{self, Trie, order};

/// Memory of one member beyond its bytes: its parts of two leaves that are two thirds full, and the counts in front of the bytes.
const MEMBER_OVERHEAD: usize = 86;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tree {
    pub(super) by_score: Ranked<Scored>,
    pub(super) by_name: Trie<Named>,
    /// Bytes of all members.
    bytes: usize,
}

type Member = ThinArc<(), u8>;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scored {
    pub(super) score: f64,
    member: Member,
}

impl Scored {
    fn element(&self) -> Element<'_> {
        (&self.member.slice, self.score)
    }

    /// Prefetches its member.
    pub(super) fn prefetch(&self) {
        prefetch_at(&self.member.slice, 0);
    }
}

/// Where an element stands, or belongs, in order of scores. The members of others, which lie elsewhere in memory, are looked at only where the
/// score does not tell.
pub(super) struct At<'a>(pub(super) Element<'a>);

impl Sought<Scored> for At<'_> {
    fn is_past(&self, item: &Scored) -> bool {
        item.score < self.0.1
    }

    fn is_near(&self, item: &Scored) -> bool {
        item.score == self.0.1
    }

    fn exact(&self, item: &Scored) -> Ordering {
        item.member.slice.cmp(self.0.0)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named {
    order: u64,
    member: Member,
    pub(super) score: f64,
}

impl Named {
    fn new(member: Member, score: f64) -> Self {
        Self { order: order(&member.slice), member, score }
    }
}

impl trie::Named for Named {
    fn order(&self) -> u64 {
        self.order
    }

    fn name(&self) -> &[u8] {
        &self.member.slice
    }
}

impl Tree {
    /// Elements in order; None if a member stands twice.
    pub(super) fn from_sorted<'a>(elements: impl Iterator<Item = Element<'a>>) -> Option<Self> {
        let elements: Vec<Scored> = elements
            .map(|(member, score)| Scored { score, member: ThinArc::from_header_and_slice((), member) })
            .collect();
        let bytes = elements.iter().map(|element| element.member.slice.len()).sum();
        let named = |element: &Scored| Named::new(element.member.clone(), element.score);
        let by_name: Trie<Named> = elements.iter().map(named).collect();
        (by_name.len() == elements.len()).then(|| Self { by_score: elements.into_iter().collect(), by_name, bytes })
    }

    pub(super) fn len(&self) -> usize {
        self.by_score.len()
    }

    /// Bytes of all members.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + self.bytes + self.len() * MEMBER_OVERHEAD
    }

    pub(super) fn get(&self, member: &[u8]) -> Option<f64> {
        self.by_name.get((order(member), member)).map(|name| name.score)
    }

    /// Where an element stands, or belongs, in order of scores.
    pub(super) fn rank(&self, element: Element<'_>) -> usize {
        self.by_score.rank(&At(element))
    }

    /// How many elements `is_before` holds for, if those are the first ones, by their scores.
    pub(super) fn score_point(&self, is_before: impl Fn(f64) -> bool) -> usize {
        self.by_score.partition_point(|present| is_before(present.score))
    }

    /// The same by their members.
    pub(super) fn member_point(&self, is_before: impl Fn(&[u8]) -> bool) -> usize {
        self.by_score.partition_point(|present| is_before(&present.member.slice))
    }

    /// The element at a rank.
    pub(super) fn at(&self, rank: usize) -> Option<Element<'_>> {
        self.by_score.get(rank).map(Scored::element)
    }

    pub(super) fn range(&self, ranks: Range<usize>) -> Iter<'_> {
        Iter(self.by_score.range(ranks))
    }

    /// Sets a member's score; the one before.
    pub(super) fn set(&mut self, member: &[u8], score: f64) -> Option<f64> {
        let place = (order(member), member);
        let change = |name: &mut Named| {
            let before = name.score;
            // The sign of a zero stays as it is.
            if before != score {
                name.score = score;
            }
            before
        };
        match self.by_name.get_mut(place).map(change) {
            Some(before) if before == score => Some(before),
            Some(before) => {
                if let Some(moved) = self.by_score.remove_at(&At((member, before))) {
                    self.by_score.insert_at(&At((member, score)), Scored { score, ..moved });
                }
                Some(before)
            }
            None => {
                let shared: Member = ThinArc::from_header_and_slice((), member);
                self.by_score.insert_at(&At((member, score)), Scored { score, member: shared.clone() });
                self.by_name.insert(Named { order: place.0, member: shared, score });
                self.bytes += member.len();
                None
            }
        }
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> bool {
        let Some(name) = self.by_name.remove((order(member), member)) else { return false };
        self.by_score.remove_at(&At((member, name.score)));
        self.bytes -= member.len();
        true
    }

    pub(super) fn remove_range(&mut self, ranks: Range<usize>) {
        if ranks.len() >= self.len() {
            *self = Self::default();
            return;
        }
        for _ in ranks.clone() {
            let Some(Scored { member, .. }) = self.by_score.remove(ranks.start) else { return };
            self.by_name.remove((order(&member.slice), &member.slice));
            self.bytes -= member.slice.len();
        }
    }

    /// See [`Trie::scan`].
    pub(super) fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<Element<'_>>) {
        let (next, found) = self.by_name.scan(cursor, count);
        (next, found.into_iter().map(|name| (&name.member.slice, name.score)).collect())
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        self.by_score.validate()?;
        self.by_name.validate()?;
        if self.by_name.len() != self.len() {
            return Err(format!("{} scores and {} names", self.len(), self.by_name.len()));
        }
        let bytes: usize = self.by_name.iter().map(|name| name.member.slice.len()).sum();
        if bytes != self.bytes {
            return Err(format!("{bytes} bytes, counted {}", self.bytes));
        }
        let is_wrong = |name: &&Named| {
            let rank = self.rank((&name.member.slice, name.score));
            name.order != order(&name.member.slice)
                || self.by_score.get(rank).is_none_or(|present| {
                    present.member != name.member || present.score.to_bits() != name.score.to_bits()
                })
        };
        match self.by_name.iter().find(is_wrong) {
            Some(name) => Err(format!("member {:?} stands elsewhere by its score", &name.member.slice)),
            None => Ok(()),
        }
    }
}

#[derive(Clone)]
pub(super) struct Iter<'a>(ranked::Iter<'a, Scored>);

impl<'a> Iterator for Iter<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        self.0.next().map(Scored::element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(Scored::element)
    }
}
