//! Looking for a place in steps, so that many look-ups side by side wait for memory together.

use super::{Child, Node, Ranked, Sought};
use crate::store::fetch::{prefetch, prefetch_at};

/// A look-up on its way down a [`Ranked`]: what it has come to is being fetched, and the next step looks at it.
pub struct LookUp<'a, T>(At<'a, T>);

enum At<'a, T> {
    Node(&'a Node<T>),
    Branch(&'a [Child<T>]),
    Leaf(&'a [T]),
}

/// Every so manieth element of a leaf is fetched, and of a branch twice as many: as many as small ones take a line of the CPU's caches.
const LINE: usize = 4;
/// So many elements that are near are fetched by what they hold elsewhere.
const NEAR: usize = 4;

impl<T> Ranked<T> {
    /// Begins to look for a place, in steps.
    pub fn look_up(&self) -> LookUp<'_, T> {
        LookUp(At::Node(&self.root))
    }
}

impl<T> LookUp<'_, T> {
    /// Goes a step on: false at the end. `elsewhere` prefetches what decides about an element that is near.
    pub fn step(&mut self, sought: &impl Sought<T>, elsewhere: impl Fn(&T)) -> bool {
        match self.0 {
            At::Node(Node::Branch(children)) => {
                (0..children.len()).step_by(LINE / 2).for_each(|at| prefetch_at(children, at));
                self.0 = At::Branch(children);
                true
            }
            At::Branch(children) => {
                let begun = children.partition_point(|child| sought.is_past(&child.first));
                match children.get(begun.saturating_sub(1)) {
                    Some(child) => {
                        prefetch(&*child.node);
                        self.0 = At::Node(&child.node);
                    }
                    None => return false,
                }
                true
            }
            At::Node(Node::Leaf(items)) => {
                (0..items.len()).step_by(LINE).for_each(|at| prefetch_at(items, at));
                self.0 = At::Leaf(items);
                true
            }
            At::Leaf(items) => {
                let from = items.partition_point(|item| sought.is_past(item));
                let near = items.iter().skip(from).take(NEAR).take_while(|item| sought.is_near(item));
                near.for_each(elsewhere);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::cmp::Ordering;

    use super::*;

    /// Tens that are equal, units that decide.
    struct Number(u32);

    impl Sought<u32> for Number {
        fn is_past(&self, item: &u32) -> bool {
            item / 10 < self.0 / 10
        }

        fn is_near(&self, item: &u32) -> bool {
            item / 10 == self.0 / 10
        }

        fn exact(&self, item: &u32) -> Ordering {
            item.cmp(&self.0)
        }
    }

    #[test]
    fn looking_ends_at_the_leaf_of_the_place_and_what_is_near() {
        for len in [0, 1, 40, 20_000_u32] {
            let ranked: Ranked<u32> = (0..len).map(|n| 2 * n).collect();
            for sought in (0..2 * len + 2).step_by(77) {
                let (mut looking, near) = (ranked.look_up(), RefCell::new(Vec::new()));
                while looking.step(&Number(sought), |item| near.borrow_mut().push(*item)) {}
                let LookUp(At::Leaf(items)) = looking else { panic!("it ended above the leaves") };
                let before = ranked.partition_point(|item| item / 10 < sought / 10);
                let last = before.saturating_sub(1) as u32;
                assert_eq!(items.contains(&(2 * last)), len > 0, "{sought} of {len}");
                assert!(near.borrow().iter().all(|item| item / 10 == sought / 10), "{near:?} near {sought}");
            }
        }
        let ranked: Ranked<u32> = (0..30).collect();
        let (mut looking, near) = (ranked.look_up(), RefCell::new(Vec::new()));
        while looking.step(&Number(17), |item| near.borrow_mut().push(*item)) {}
        assert_eq!(*near.borrow(), [10, 11, 12, 13]);
    }

    #[test]
    fn an_element_goes_to_its_place_and_from_it() {
        let (mut ranked, mut expected) = (Ranked::default(), Vec::new());
        // 7919 has no divisor in common with 5000: each number once, in no order.
        for number in (0..5000).map(|n| n * 7919 % 5000) {
            ranked.insert_at(&Number(number), number);
            let place = expected.partition_point(|other| *other < number);
            expected.insert(place, number);
            assert_eq!(ranked.rank(&Number(number)), place);
        }
        ranked.validate().unwrap();
        assert!(ranked.iter().eq(&expected));
        for number in (0..5000).map(|n| n * 4967 % 5000).take(4900) {
            assert_eq!(ranked.remove_at(&Number(number)), Some(number));
            assert_eq!(ranked.remove_at(&Number(number)), None);
            expected.retain(|other| *other != number);
            if number % 64 == 0 {
                ranked.validate().unwrap();
            }
        }
        ranked.validate().unwrap();
        assert!(ranked.iter().eq(&expected));
    }
}
