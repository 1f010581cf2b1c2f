//! Members and scores of a large sorted set, twice: in order of (score, member), and in order of (53 bits of the member's hash, member),
//! where a member is found and a scan goes on. Both share the bytes of the members.
//!
//! Invariant: both hold the same members with the same scores, each member once.

use std::ops::Range;

use triomphe::ThinArc;
use xxhash_rust::xxh3::xxh3_64;

use super::Element;
use crate::store::CURSOR_BITS;
use crate::store::ranked::{self, Ranked};

/// Memory of one member beyond its bytes: its parts of two leaves that are two thirds full, and the counts in front of the bytes.
const MEMBER_OVERHEAD: usize = 86;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tree {
    by_score: Ranked<Scored>,
    by_name: Ranked<Named>,
    /// Bytes of all members.
    bytes: usize,
}

type Member = ThinArc<(), u8>;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scored {
    score: f64,
    member: Member,
}

impl Scored {
    fn element(&self) -> Element<'_> {
        (&self.member.slice, self.score)
    }

    /// [`super::precedes`], and the member, which lies elsewhere in memory, is looked at only where that tells.
    fn precedes(&self, (member, score): Element<'_>) -> bool {
        self.score < score || (self.score == score && &self.member.slice < member)
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Named {
    order: u64,
    member: Member,
    score: f64,
}

impl Named {
    fn new(member: Member, score: f64) -> Self {
        Self { order: order(&member.slice), member, score }
    }

    fn place(&self) -> (u64, &[u8]) {
        (self.order, &self.member.slice)
    }

    /// True if it stands in front of this place; as in [`Scored::precedes`].
    fn precedes(&self, (order, member): (u64, &[u8])) -> bool {
        self.order < order || (self.order == order && &self.member.slice < member)
    }
}

/// The place of a member among the names: as many bits as a cursor may have.
fn order(member: &[u8]) -> u64 {
    xxh3_64(member) >> (64 - CURSOR_BITS)
}

impl Tree {
    /// Elements in order; None if a member stands twice.
    pub(super) fn from_sorted<'a>(elements: impl Iterator<Item = Element<'a>>) -> Option<Self> {
        let elements: Vec<Scored> = elements
            .map(|(member, score)| Scored { score, member: ThinArc::from_header_and_slice((), member) })
            .collect();
        let mut names: Vec<Named> =
            elements.iter().map(|element| Named::new(element.member.clone(), element.score)).collect();
        names.sort_unstable_by(|a, b| a.place().cmp(&b.place()));
        if names.windows(2).any(|pair| matches!(pair, [a, b] if a.place() == b.place())) {
            return None;
        }
        let bytes = names.iter().map(|name| name.member.slice.len()).sum();
        Some(Self { by_score: elements.into_iter().collect(), by_name: names.into_iter().collect(), bytes })
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
        self.named(member).ok().map(|(_, score)| score)
    }

    /// Where a member stands among the names, and its score; or where it belongs.
    fn named(&self, member: &[u8]) -> Result<(usize, f64), usize> {
        let place = (order(member), member);
        let at = self.by_name.partition_point(|name| name.precedes(place));
        match self.by_name.get(at) {
            Some(name) if name.place() == place => Ok((at, name.score)),
            _ => Err(at),
        }
    }

    /// Where an element stands, or belongs, in order of scores.
    pub(super) fn rank(&self, element: Element<'_>) -> usize {
        self.by_score.partition_point(|present| present.precedes(element))
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
        match self.named(member) {
            Ok((_, before)) if before == score => Some(before),
            Ok((at, before)) => {
                let rank = self.rank((member, before));
                if let Some(Scored { member, .. }) = self.by_score.remove(rank) {
                    self.by_score.insert(self.rank((&member.slice, score)), Scored { score, member: member.clone() });
                    self.by_name.replace(at, Named::new(member, score));
                }
                Some(before)
            }
            Err(at) => {
                let shared: Member = ThinArc::from_header_and_slice((), member);
                self.by_score.insert(self.rank((member, score)), Scored { score, member: shared.clone() });
                self.by_name.insert(at, Named::new(shared, score));
                self.bytes += member.len();
                None
            }
        }
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> bool {
        // Looking first: a removal copies shared nodes.
        let Ok((at, score)) = self.named(member) else { return false };
        self.by_score.remove(self.rank((member, score)));
        self.by_name.remove(at);
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
            if let Ok((at, _)) = self.named(&member.slice) {
                self.by_name.remove(at);
            }
            self.bytes -= member.slice.len();
        }
    }

    pub(super) fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<Element<'_>>) {
        let mut found = Vec::new();
        let mut last = None;
        let start = self.by_name.partition_point(|name| name.order < cursor);
        for name in self.by_name.range(start..self.len()) {
            if found.len() >= count.max(1) && last != Some(name.order) {
                return (name.order, found);
            }
            last = Some(name.order);
            found.push((&name.member.slice, name.score));
        }
        (0, found)
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        self.by_score.validate()?;
        self.by_name.validate()?;
        if self.by_name.len() != self.len() {
            return Err(format!("{} scores and {} names", self.len(), self.by_name.len()));
        }
        if self.by_name.iter().zip(self.by_name.iter().skip(1)).any(|(a, b)| a.place() >= b.place()) {
            return Err("names out of order".to_owned());
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Places are given by hand: names of one hash are hard to find.
    #[test]
    fn members_of_one_order_value_are_scanned_together() {
        let names = [(0, "a"), (5, ""), (5, "b"), (5, "c"), (7, "d"), (9, "e"), (9, "f")];
        let named = |(order, name): (u64, &str)| Named {
            order,
            member: ThinArc::from_header_and_slice((), name.as_bytes()),
            score: 0.0,
        };
        let by_name: Ranked<Named> = names.map(named).into_iter().collect();
        let by_score = by_name.iter().map(|name| Scored { score: 0.0, member: name.member.clone() }).collect();
        let tree = Tree { by_score, by_name, bytes: 6 };
        let scan = |cursor| {
            let (next, found) = tree.scan(cursor, 2);
            (next, found.iter().map(|(name, _)| String::from_utf8_lossy(name)).collect::<Vec<_>>().join(","))
        };
        assert_eq!(scan(0), (7, "a,,b,c".to_owned()));
        assert_eq!(scan(7), (0, "d,e,f".to_owned()));
    }
}
