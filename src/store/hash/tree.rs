//! Fields and values of a large hash: a persistent B-tree, ordered by (53 bits of the field's hash, field).

use std::ops::Bound;

use equivalent::{Comparable, Equivalent};
use imbl::{OrdMap, ordmap};
use xxhash_rust::xxh3::xxh3_64;

use super::FieldValue;
use crate::store::CURSOR_BITS;

/// Memory of one field beyond its bytes: its part of a leaf that is two thirds full, and what two small allocations
/// round up to.
const FIELD_OVERHEAD: usize = 80;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tree {
    map: OrdMap<Field, Box<[u8]>>,
    /// Bytes of all fields and values.
    bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Field {
    order: u64,
    name: Box<[u8]>,
}

/// A field to look for, without a copy of it.
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

impl Equivalent<Field> for Probe<'_> {
    fn equivalent(&self, field: &Field) -> bool {
        self.order == field.order && self.name == &*field.name
    }
}

impl Comparable<Field> for Probe<'_> {
    fn compare(&self, field: &Field) -> std::cmp::Ordering {
        (self.order, self.name).cmp(&(field.order, &field.name))
    }
}

/// The place of a field in the order: as many bits as a cursor may have.
fn order(name: &[u8]) -> u64 {
    xxh3_64(name) >> (64 - CURSOR_BITS)
}

impl Tree {
    pub(super) fn len(&self) -> usize {
        self.map.len()
    }

    /// Bytes of all fields and values.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        Iter(self.map.iter())
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.map.get(&Probe::of(name)).map(|value| &**value)
    }

    /// Sets a field: true if it is new.
    pub(super) fn set(&mut self, name: &[u8], value: &[u8]) -> bool {
        let probe = Probe::of(name);
        if let Some(present) = self.map.get_mut(&probe) {
            self.bytes = self.bytes - present.len() + value.len();
            *present = value.into();
            return false;
        }
        self.bytes += name.len() + value.len();
        self.map.insert(Field { order: probe.order, name: name.into() }, value.into());
        true
    }

    pub(super) fn remove(&mut self, name: &[u8]) -> bool {
        let probe = Probe::of(name);
        // Looking first: removal copies shared nodes on its way even to a field that is not there.
        let Some(value) = self.map.get(&probe) else { return false };
        self.bytes -= name.len() + value.len();
        self.map.remove(&probe);
        true
    }

    pub(super) fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<FieldValue<'_>>) {
        let mut found = Vec::new();
        let mut last = None;
        for (field, value) in self.from(cursor) {
            if found.len() >= count.max(1) && last != Some(field.order) {
                return (field.order, found);
            }
            last = Some(field.order);
            found.push((&*field.name, &**value));
        }
        (0, found)
    }

    /// The fields whose order lies in `orders`.
    pub(super) fn range(&self, orders: std::ops::Range<u64>) -> impl Iterator<Item = FieldValue<'_>> {
        self.map
            .range((Bound::Included(Probe::start(orders.start)), Bound::Excluded(Probe::start(orders.end))))
            .map(|(field, value)| (&*field.name, &**value))
    }

    fn from(&self, order: u64) -> impl Iterator<Item = (&Field, &Box<[u8]>)> {
        self.map.range((Bound::Included(Probe::start(order)), Bound::Unbounded))
    }

    pub(super) fn memory(&self) -> usize {
        self.bytes + self.map.len() * FIELD_OVERHEAD
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        let bytes: usize = self.iter().map(|(name, value)| name.len() + value.len()).sum();
        if bytes != self.bytes {
            return Err(format!("{bytes} bytes, counted {}", self.bytes));
        }
        match self.map.keys().find(|field| field.order != order(&field.name)) {
            Some(field) => Err(format!("field {:?} stands at {}", field.name, field.order)),
            None => Ok(()),
        }
    }
}

#[derive(Clone)]
pub struct Iter<'a>(ordmap::Iter<'a, Field, Box<[u8]>, imbl::shared_ptr::DefaultSharedPtr>);

impl<'a> Iterator for Iter<'a> {
    type Item = FieldValue<'a>;

    fn next(&mut self) -> Option<FieldValue<'a>> {
        self.0.next().map(|(field, value)| (&*field.name, &**value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places are given by hand: names of one hash are hard to find.
    fn tree(fields: &[(u64, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (order, name) in fields {
            tree.map.insert(Field { order: *order, name: name.as_bytes().into() }, Box::default());
        }
        tree
    }

    fn names<'a>(fields: &[FieldValue<'a>]) -> Vec<&'a str> {
        fields.iter().map(|(name, _)| std::str::from_utf8(name).unwrap()).collect()
    }

    #[test]
    fn fields_of_one_order_value_are_scanned_together() {
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
