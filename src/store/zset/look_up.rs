//! Looking for a member of a large sorted set, and for the places of its scores, in steps: for [`State::prefetch`](crate::store::State::prefetch).

use smallvec::SmallVec;

use super::tree::{At, Named, Scored, Tree};
use crate::store::trie::order;
use crate::store::{ranked, trie};

/// See the module's header.
pub struct LookUp<'a> {
    tree: &'a Tree,
    member: Option<trie::LookUp<'a, Named>>,
    /// True if the member is to have another score.
    is_to_move: bool,
    /// Where the score that the member has stands, and where the one belongs that it is to have.
    places: SmallVec<[(f64, ranked::LookUp<'a, Scored>); 2]>,
}

impl<'a> LookUp<'a> {
    /// For a member alone, or one that is to have a score.
    pub(super) fn new(tree: &'a Tree, member: &[u8], score: Option<f64>) -> Self {
        let places = score.into_iter().map(|score| (score, tree.by_score.look_up())).collect();
        Self { tree, member: tree.by_name.look_up(order(member)), is_to_move: score.is_some(), places }
    }

    /// Goes a step on: false at the end.
    pub(in crate::store) fn step(&mut self) -> bool {
        self.places.retain(|(score, place)| place.step(&At((&[], *score)), Scored::prefetch));
        if let Some(member) = &mut self.member
            && !member.step()
        {
            let before = member.found().map(|named| named.score).filter(|_| self.is_to_move);
            self.places.extend(before.map(|score| (score, self.tree.by_score.look_up())));
            self.member = None;
        }
        self.member.is_some() || !self.places.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_ends_whatever_is_looked_for() {
        let members: Vec<(Vec<u8>, f64)> = (0..5000).map(|n| (n.to_string().into(), f64::from(n / 3))).collect();
        let tree = Tree::from_sorted(members.iter().map(|(member, score)| (&member[..], *score))).unwrap();
        for member in ["0", "4999", "none"] {
            for score in [None, Some(17.0), Some(f64::NEG_INFINITY), Some(f64::NAN)] {
                let mut looking = LookUp::new(&tree, member.as_bytes(), score);
                let steps = (1..100).find(|_| !looking.step());
                assert!(steps.is_some_and(|steps| steps >= 3), "{member} {score:?}: {steps:?}");
            }
        }
    }
}
