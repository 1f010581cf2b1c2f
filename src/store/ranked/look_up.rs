//! Looking for a place in steps, so that many look-ups side by side wait for memory together.

use std::hint::black_box;

use super::Node;

/// A look-up on its way down a [`Ranked`](super::Ranked): the node that it has come to.
pub struct LookUp<'a, T>(pub(super) &'a Node<T>);

/// Every so manieth element of a leaf is looked at: as many as small ones take a line of the CPU's caches.
const LINE: usize = 4;

impl<T> LookUp<'_, T> {
    /// Goes a step on towards the first element for which `is_before` does not hold: false at the end.
    pub fn step(&mut self, is_before: impl Fn(&T) -> bool) -> bool {
        match self.0 {
            Node::Leaf(items) => {
                items.iter().step_by(LINE).for_each(|item| _ = black_box(is_before(item)));
                false
            }
            Node::Branch(children) => {
                let begun = children.partition_point(|child| is_before(&child.first));
                match children.get(begun.saturating_sub(1)) {
                    Some(child) => self.0 = &child.node,
                    None => return false,
                }
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Ranked;
    use super::*;

    #[test]
    fn looking_ends_at_the_leaf_of_the_place() {
        for len in [0, 1, 40, 20_000_u32] {
            let ranked: Ranked<u32> = (0..len).map(|n| 2 * n).collect();
            for sought in (0..2 * len + 2).step_by(77) {
                let mut looking = ranked.look_up();
                while looking.step(|item| *item < sought) {}
                let Node::Leaf(items) = looking.0 else { panic!("it ended at a branch") };
                let before = ranked.partition_point(|item| *item < sought);
                let near = before.saturating_sub(1) as u32;
                assert_eq!(items.contains(&(2 * near)), len > 0, "{sought} of {len}");
            }
        }
    }
}
