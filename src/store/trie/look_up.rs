//! Looking a name up in steps, none of which needs to wait for memory twice: many names looked up side by side wait together.

use super::{Branch, Named, Node, Path, Trie, search};
use crate::store::fetch::{prefetch, prefetch_at};

/// How far from where an order may stand a leaf is fetched besides, in names.
const NEAR: usize = 2;

/// An order on its way through a [`Trie`].
pub struct LookUp<'a, T> {
    order: u64,
    at: At<'a, T>,
}

/// Where it has come to: each place is being fetched, and the next step looks at it.
enum At<'a, T> {
    Node(&'a Node<T>, Path),
    Branch(&'a Branch<T>, Path),
    Leaf(&'a Vec<T>, Path),
    /// About the middle of what is being fetched of a leaf is where the order may stand.
    Near(&'a [T], Path),
    Item(&'a T),
}

impl<T: Named> Trie<T> {
    /// Begins to look for an order.
    pub fn look_up(&self, order: u64) -> Option<LookUp<'_, T>> {
        let mut path = Path::of(order);
        let child = self.root.children.get(path.take(self.root.bits))?;
        prefetch(child);
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
            At::Node(Node::Branch(branch), path) => {
                prefetch(&**branch);
                At::Branch(branch, path)
            }
            At::Node(Node::Leaf(leaf), path) => {
                prefetch(&**leaf);
                At::Leaf(leaf, path)
            }
            At::Branch(branch, mut path) => {
                let child = branch.children.get(path.take(branch.bits))?;
                prefetch(child);
                At::Node(child, path)
            }
            At::Leaf(leaf, path) => {
                let guess = path.guess(leaf.len());
                // Hashes do not fall quite evenly.
                for at in [guess.saturating_sub(NEAR), guess, guess + NEAR] {
                    prefetch_at(leaf, at);
                }
                At::Near(leaf, path)
            }
            At::Near(leaf, path) => {
                let at = search(leaf, path.guess(leaf.len()), |item| item.order().cmp(&self.order));
                At::Item(leaf.get(at.ok()?)?)
            }
            At::Item(item) => {
                item.prefetch();
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
