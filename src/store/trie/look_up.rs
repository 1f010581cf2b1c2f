//! Looking a name up in steps, none of which needs to wait for memory twice: many names looked up side by side wait together.

use std::hint::black_box;

use super::{Named, Node, Path, Trie, search};

/// An order on its way through a [`Trie`].
pub struct LookUp<'a, T> {
    order: u64,
    at: At<'a, T>,
}

/// Where it has come to.
enum At<'a, T> {
    /// At a node that has not been looked at.
    Node(&'a Node<T>, Path),
    /// At a leaf of which nothing but its length has been looked at.
    Leaf(&'a [T], Path),
    /// In a leaf of which the place where the order may stand has been looked at.
    Near(&'a [T], Path),
    /// At what has this order, its name not yet looked at.
    Item(&'a T),
}

impl<T: Named> Trie<T> {
    /// Begins to look for an order.
    pub fn look_up(&self, order: u64) -> Option<LookUp<'_, T>> {
        let mut path = Path::of(order);
        let child = self.root.children.get(path.take(self.root.bits))?;
        Some(LookUp { order, at: At::Node(child, path) })
    }
}

impl<'a, T: Named> LookUp<'a, T> {
    /// Goes a step on: false at the end.
    pub fn step(&mut self) -> bool {
        match self.next() {
            Some(at) => self.at = at,
            None => return false,
        }
        true
    }

    /// What has the order, if looking has ended at it.
    pub fn found(&self) -> Option<&'a T> {
        if let At::Item(item) = self.at { Some(item) } else { None }
    }

    fn next(&self) -> Option<At<'a, T>> {
        Some(match self.at {
            At::Node(Node::Branch(branch), mut path) => At::Node(branch.children.get(path.take(branch.bits))?, path),
            At::Node(Node::Leaf(leaf), path) => At::Leaf(leaf, path),
            At::Leaf(leaf, path) => {
                black_box(leaf.get(path.guess(leaf.len()))?.order());
                At::Near(leaf, path)
            }
            At::Near(leaf, path) => {
                let at = search(leaf, path.guess(leaf.len()), |item| item.order().cmp(&self.order));
                At::Item(leaf.get(at.ok()?)?)
            }
            At::Item(item) => {
                black_box(item.name().first().copied());
                return None;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::order;
    use super::*;

    #[derive(Clone)]
    struct Name(String);

    impl Named for Name {
        fn order(&self) -> u64 {
            order(self.0.as_bytes())
        }

        fn name(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }

    /// The name at which looking for one ends.
    fn found(trie: &Trie<Name>, name: &str) -> Option<String> {
        let mut looking = trie.look_up(order(name.as_bytes()))?;
        while looking.step() {}
        looking.found().map(|item| item.0.clone())
    }

    #[test]
    fn looking_ends_at_the_name() {
        for size in [1, 7, 1000, 30_000] {
            let trie: Trie<Name> = (0..size).map(|n| Name(n.to_string())).collect();
            for n in (0..size).step_by(7) {
                assert_eq!(found(&trie, &n.to_string()), Some(n.to_string()), "of {size}");
            }
            assert_eq!(found(&trie, "none"), None, "of {size}");
        }
        assert_eq!(found(&Trie::default(), "none"), None);
    }
}
