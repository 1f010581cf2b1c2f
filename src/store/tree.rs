//! Names of a large hash or set, in a hash with values: a persistent B-tree, ordered by (53 bits of the name's hash, name).

use std::ops::Bound;

use equivalent::{Comparable, Equivalent};
use imbl::{OrdMap, ordmap};
use xxhash_rust::xxh3::xxh3_64;

use super::CURSOR_BITS;

/// What stands beside a name.
pub trait Beside: Clone {
    /// Memory of one name beyond the bytes of both: its part of a leaf that is two thirds full, and what small allocations round up to.
    const OVERHEAD: usize;

    /// Its bytes.
    fn bytes(&self) -> usize;
}

impl Beside for Box<[u8]> {
    const OVERHEAD: usize = 80;

    fn bytes(&self) -> usize {
        self.len()
    }
}

/// Nothing.
impl Beside for () {
    const OVERHEAD: usize = 44;

    fn bytes(&self) -> usize {
        0
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree<V> {
    map: OrdMap<Name, V>,
    /// Bytes of all names and what stands beside them.
    bytes: usize,
}

impl<V> Default for Tree<V> {
    fn default() -> Self {
        Self { map: OrdMap::default(), bytes: 0 }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    order: u64,
    name: Box<[u8]>,
}

/// A name to look for, without a copy of it.
struct Probe<'a> {
    order: u64,
    name: &'a [u8],
}

impl<'a> Probe<'a> {
    fn of(name: &'a [u8]) -> Self {
        Self { order: order(name), name }
    }

    /// The first place of an order value.
    fn start(order: u64) -> Self {
        Self { order, name: b"" }
    }
}

impl Equivalent<Name> for Probe<'_> {
    fn equivalent(&self, held: &Name) -> bool {
        self.order == held.order && self.name == &*held.name
    }
}

impl Comparable<Name> for Probe<'_> {
    fn compare(&self, held: &Name) -> std::cmp::Ordering {
        (self.order, self.name).cmp(&(held.order, &held.name))
    }
}

/// The place of a name in the order: as many bits as a cursor may have.
fn order(name: &[u8]) -> u64 {
    xxh3_64(name) >> (64 - CURSOR_BITS)
}

impl<V: Beside> Tree<V> {
    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    /// Bytes of all names and what stands beside them.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn iter(&self) -> Iter<'_, V> {
        Iter(self.map.iter())
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&V> {
        self.map.get(&Probe::of(name))
    }

    /// Puts something beside a name: true if the name is new.
    pub(super) fn set(&mut self, name: &[u8], beside: V) -> bool {
        let probe = Probe::of(name);
        if let Some(present) = self.map.get_mut(&probe) {
            self.bytes = self.bytes - present.bytes() + beside.bytes();
            *present = beside;
            return false;
        }
        self.bytes += name.len() + beside.bytes();
        self.map.insert(Name { order: probe.order, name: name.into() }, beside);
        true
    }

    pub(super) fn remove(&mut self, name: &[u8]) -> bool {
        let probe = Probe::of(name);
        // Looking first: removal copies shared nodes on its way even to a name that is not there.
        let Some(beside) = self.map.get(&probe) else { return false };
        self.bytes -= name.len() + beside.bytes();
        self.map.remove(&probe);
        true
    }

    pub(super) fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<(&[u8], &V)>) {
        let mut found = Vec::new();
        let mut last = None;
        for (held, beside) in self.from(cursor) {
            if found.len() >= count.max(1) && last != Some(held.order) {
                return (held.order, found);
            }
            last = Some(held.order);
            found.push((&*held.name, beside));
        }
        (0, found)
    }

    /// The names whose order lies in `orders`.
    pub(super) fn range(&self, orders: std::ops::Range<u64>) -> impl Iterator<Item = (&[u8], &V)> {
        self.map
            .range((Bound::Included(Probe::start(orders.start)), Bound::Excluded(Probe::start(orders.end))))
            .map(|(held, beside)| (&*held.name, beside))
    }

    fn from(&self, order: u64) -> impl Iterator<Item = (&Name, &V)> {
        self.map.range((Bound::Included(Probe::start(order)), Bound::Unbounded))
    }

    pub(super) fn memory(&self) -> usize {
        self.bytes + self.map.len() * V::OVERHEAD
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        let bytes: usize = self.iter().map(|(name, beside)| name.len() + beside.bytes()).sum();
        if bytes != self.bytes {
            return Err(format!("{bytes} bytes, counted {}", self.bytes));
        }
        match self.map.keys().find(|held| held.order != order(&held.name)) {
            Some(held) => Err(format!("{:?} stands at {}", held.name, held.order)),
            None => Ok(()),
        }
    }
}

pub struct Iter<'a, V>(ordmap::Iter<'a, Name, V, imbl::shared_ptr::DefaultSharedPtr>);

impl<V> Clone for Iter<'_, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<'a, V> Iterator for Iter<'a, V> {
    type Item = (&'a [u8], &'a V);

    fn next(&mut self) -> Option<(&'a [u8], &'a V)> {
        self.0.next().map(|(held, beside)| (&*held.name, beside))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places are given by hand: such of one hash are hard to find.
    fn tree(names: &[(u64, &str)]) -> Tree<()> {
        let mut tree = Tree::default();
        for (order, name) in names {
            tree.map.insert(Name { order: *order, name: name.as_bytes().into() }, ());
        }
        tree
    }

    fn names<'a>(found: &[(&'a [u8], &())]) -> Vec<&'a str> {
        found.iter().map(|(name, _)| std::str::from_utf8(name).unwrap()).collect()
    }

    #[test]
    fn names_of_one_order_value_are_scanned_together() {
        let tree = tree(&[(0, "a"), (5, "b"), (5, "c"), (5, ""), (7, "d"), (9, "e"), (9, "f")]);
        let mut steps = Vec::new();
        for cursor in [0, 7] {
            let (next, fields) = tree.scan(cursor, 2);
            steps.push((next, names(&fields)));
        }
        assert_eq!(steps, [(7, vec!["a", "", "b", "c"]), (0, vec!["d", "e", "f"])]);
    }

    #[test]
    fn a_range_has_its_start_and_not_its_end() {
        let tree = tree(&[(4, "a"), (5, "b"), (5, ""), (6, "c"), (7, ""), (7, "d")]);
        assert_eq!(names(&tree.range(5..7).collect::<Vec<_>>()), ["", "b", "c"]);
    }
}
