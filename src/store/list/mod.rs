//! The list value: elements in an order, in one of two representations, as in Redis.
//!
//! - *Small*: all elements in one allocation. OBJECT ENCODING: `listpack`.
//! - *Large*: packed nodes in a persistent vector. A clone is O(1) and shares all that is not written afterwards, so a snapshot costs a write
//!   at most the nodes that it touches and a path of the vector, never the whole value. OBJECT ENCODING: `quicklist`.
//!
//! Invariants
//! - A list changes between the two where Redis 7.2 does: it becomes large before elements are added with which its listpack would exceed
//!   `list-max-listpack-size` ([`List::expect`]), and small again when it has shrunk to one node of not more than half that.
//! - What is seen of a list is a function of the value; the limits of its nodes are part of it and kept by snapshots.
//! - No node is empty, and a node is only so large as the limits let it become, or as one element is. A small list has at most
//!   [`SMALL_SIZE_MAX`] bytes.
//!
//! Deliberately without the key, a deadline or a revision: the entry has those.

mod limits;
mod nodes;
#[cfg(test)]
mod tests;

pub use limits::ListLimits;
use nodes::Nodes;

use super::packed::{self, Packed};
use super::{ELEMENT_UNITS, End, ValueType, units_of_bytes};

/// A list value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List(Repr);

#[derive(Clone, Debug, PartialEq)]
enum Repr {
    Small(Packed),
    Large(Box<Nodes>),
}

impl Default for Repr {
    fn default() -> Self {
        Self::Small(Packed::default())
    }
}

/// Above so many nodes a list is freed in the background.
const SLOW_TO_FREE: usize = 16;
/// Size beyond which no list is small, whatever Redis would do: it counts the bytes of added elements alone, and a command may add a
/// million empty ones (bytes).
const SMALL_SIZE_MAX: usize = 1 << 17;

impl List {
    /// A small list of these elements.
    pub fn small(elements: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        Self(Repr::Small(Packed::from_elements(elements)))
    }

    /// A large list of these nodes.
    pub fn large<E: AsRef<[u8]>>(nodes: impl IntoIterator<Item = impl IntoIterator<Item = E>>) -> Self {
        Self(Repr::Large(Box::new(Nodes::from_packed(nodes.into_iter().map(Packed::from_elements)))))
    }

    /// A list of these elements, which one command adds together: small if it may be.
    pub fn of<'a>(elements: impl IntoIterator<Item = &'a [u8]> + Clone, limits: ListLimits) -> Self {
        let mut list = Self::default();
        list.expect(elements.clone(), limits);
        list.push_all(End::Tail, elements, limits);
        list
    }

    /// The nodes of a large list, each with the number of its elements and these; None of a small one.
    pub fn nodes(&self) -> Option<impl Iterator<Item = (usize, impl Iterator<Item = &[u8]>)>> {
        match &self.0 {
            Repr::Small(_) => None,
            Repr::Large(nodes) => Some(nodes.nodes().map(|packed| (packed.len(), packed.iter()))),
        }
    }

    /// The number of its nodes; a small list is one.
    pub fn node_count(&self) -> usize {
        match &self.0 {
            Repr::Small(_) => 1,
            Repr::Large(nodes) => nodes.node_count(),
        }
    }

    /// Bytes that its elements take as listpacks, one for each node.
    pub fn listpack_len(&self) -> usize {
        match &self.0 {
            Repr::Small(packed) => packed.listpack_len(),
            Repr::Large(nodes) => nodes.nodes().map(Packed::listpack_len).sum(),
        }
    }

    /// True in the large representation.
    pub fn is_large(&self) -> bool {
        matches!(self.0, Repr::Large(_))
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Small(packed) => packed.len(),
            Repr::Large(nodes) => nodes.len(),
        }
    }

    /// True without elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The units of going through all elements, or of searching among them (`store::work`).
    pub fn iter_units(&self) -> u64 {
        self.len() as u64 + units_of_bytes(self.bytes())
    }

    /// The units of finding an element by its index: nodes are counted, then the elements of one.
    pub fn seek_units(&self) -> u64 {
        let nodes = self.node_count().max(1);
        (nodes + self.len() / nodes) as u64 / 4
    }

    /// The units of giving `count` elements that stand together.
    pub fn range_units(&self, count: usize) -> u64 {
        self.seek_units() + count as u64 * ELEMENT_UNITS
    }

    /// The elements from head to tail.
    pub fn iter(&self) -> Iter<'_> {
        match &self.0 {
            Repr::Small(packed) => Iter::Small(packed.iter()),
            Repr::Large(nodes) => Iter::Large(nodes.iter()),
        }
    }

    /// The elements from `index` on.
    pub fn iter_from(&self, index: usize) -> Iter<'_> {
        match &self.0 {
            Repr::Small(packed) => {
                let mut iter = packed.iter();
                iter.by_ref().take(index).for_each(drop);
                Iter::Small(iter)
            }
            Repr::Large(nodes) => Iter::Large(nodes.iter_from(index)),
        }
    }

    /// The element at an index.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        match &self.0 {
            Repr::Small(packed) => packed.get(index),
            Repr::Large(nodes) => nodes.get(index),
        }
    }

    /// Announces that one command adds these elements: if a small list would become too large by them, it becomes large at once, as in
    /// Redis, also should the command then not add them.
    pub fn expect<'a>(&mut self, elements: impl IntoIterator<Item = &'a [u8]>, limits: ListLimits) {
        let Repr::Small(packed) = &mut self.0 else { return };
        let (mut bytes, mut count, mut size) = (0, 0, packed.bytes().max(packed::HEAD_LEN));
        for element in elements {
            bytes += element.len();
            count += 1;
            size += packed::encoded_len(element);
        }
        if size > SMALL_SIZE_MAX || limits.exceeded(packed.listpack_len() + bytes, packed.len() + count) {
            self.0 = Repr::Large(Box::new(Nodes::from_packed([std::mem::take(packed)])));
        }
    }

    /// Adds an element at an end, after [`Self::expect`].
    pub fn push(&mut self, end: End, element: &[u8], limits: ListLimits) {
        match &mut self.0 {
            Repr::Small(packed) => packed.push(end, element),
            Repr::Large(nodes) => nodes.push(end, element, limits),
        }
    }

    /// Adds elements at an end, one after the other, after [`Self::expect`].
    pub fn push_all<'a>(&mut self, end: End, elements: impl IntoIterator<Item = &'a [u8]>, limits: ListLimits) {
        match &mut self.0 {
            // Once for all: each of very many would move all that are there.
            Repr::Small(packed) => {
                let mut added: Vec<&[u8]> = elements.into_iter().collect();
                if end == End::Head {
                    added.reverse();
                }
                let mut front = Packed::from_elements(added);
                if end == End::Tail {
                    std::mem::swap(packed, &mut front);
                }
                front.append(packed);
                *packed = front;
            }
            Repr::Large(nodes) => elements.into_iter().for_each(|element| nodes.push(end, element, limits)),
        }
    }

    /// Takes the element at an end.
    pub fn pop(&mut self, end: End, limits: ListLimits) -> Option<Vec<u8>> {
        let element = self.take(end);
        self.shrink(limits);
        element
    }

    /// Takes the element at one end and adds it at an end: it, if there is one.
    pub fn rotate(&mut self, from: End, to: End, limits: ListLimits) -> Option<Vec<u8>> {
        let element = self.take(from)?;
        self.expect([element.as_slice()], limits);
        self.push(to, &element, limits);
        self.shrink(limits);
        Some(element)
    }

    /// Puts another element in the place of the one at `index`: false if there is none.
    pub fn set(&mut self, index: usize, element: &[u8], limits: ListLimits) -> bool {
        self.expect([element], limits);
        if index >= self.len() {
            return false;
        }
        match &mut self.0 {
            Repr::Small(packed) => packed.set(index, element),
            Repr::Large(nodes) => {
                nodes.set(index, element);
            }
        }
        self.shrink(limits);
        true
    }

    /// Puts an element in front of or behind the one at `index`, after [`Self::expect`]; nothing happens if there is none.
    pub fn insert(&mut self, index: usize, is_behind: bool, element: &[u8], limits: ListLimits) {
        match &mut self.0 {
            Repr::Small(packed) if index < packed.len() => packed.insert(index + usize::from(is_behind), element),
            Repr::Small(_) => {}
            Repr::Large(nodes) => {
                nodes.insert(index, is_behind, element, limits);
            }
        }
    }

    /// Removes up to `count` elements at an end.
    pub fn cut(&mut self, end: End, count: usize, limits: ListLimits) {
        self.remove(end, count);
        self.shrink(limits);
    }

    /// Leaves the elements of a range of indices.
    pub fn trim(&mut self, range: std::ops::Range<usize>, limits: ListLimits) {
        self.remove(End::Tail, self.len().saturating_sub(range.end));
        self.remove(End::Head, range.start);
        self.shrink(limits);
    }

    /// Removes up to `count` elements that are equal to `element`, those next to `end` first: how many there were.
    pub fn remove_equal(&mut self, element: &[u8], end: End, count: usize, limits: ListLimits) -> usize {
        let removed = match &mut self.0 {
            Repr::Small(packed) => packed.remove_equal(element, end, count),
            Repr::Large(nodes) => nodes.remove_equal(element, end, count),
        };
        if removed > 0 {
            self.shrink(limits);
        }
        removed
    }

    fn take(&mut self, end: End) -> Option<Vec<u8>> {
        let index = if end == End::Head { 0 } else { self.len().checked_sub(1)? };
        let element = self.get(index)?.to_vec();
        self.remove(end, 1);
        Some(element)
    }

    fn remove(&mut self, end: End, count: usize) {
        let count = count.min(self.len());
        let index = if end == End::Head { 0 } else { self.len() - count };
        match &mut self.0 {
            Repr::Small(packed) => packed.remove(index, count),
            Repr::Large(nodes) => nodes.remove(index, count),
        }
    }

    /// Back to the small representation, if there is little left.
    fn shrink(&mut self, limits: ListLimits) {
        let Repr::Large(nodes) = &self.0 else { return };
        let may_be_small =
            |one: &&Packed| limits.is_far_below(one.listpack_len(), one.len()) && one.bytes() <= SMALL_SIZE_MAX;
        if let Some(packed) = nodes.single().filter(may_be_small) {
            self.0 = Repr::Small(packed.clone());
        }
    }

    fn bytes(&self) -> usize {
        match &self.0 {
            Repr::Small(packed) => packed.bytes(),
            Repr::Large(nodes) => nodes.bytes(),
        }
    }
}

impl ValueType for List {
    fn type_name(&self) -> &'static str {
        "list"
    }

    fn encoding(&self) -> &'static str {
        if self.is_large() { "quicklist" } else { "listpack" }
    }

    fn elements(&self) -> usize {
        self.len()
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
            + match &self.0 {
                Repr::Small(packed) => packed.bytes(),
                Repr::Large(nodes) => nodes.memory(),
            }
    }

    /// What writes to both sides of a clone cost in the end.
    fn copy_units(&self) -> u64 {
        self.node_count() as u64 * ELEMENT_UNITS + units_of_bytes(self.bytes())
    }

    fn is_slow_to_free(&self) -> bool {
        self.node_count() > SLOW_TO_FREE || self.bytes() > SLOW_TO_FREE * SMALL_SIZE_MAX
    }

    /// All counts are right, no node is empty, and a small list is one.
    fn validate(&self) -> Result<(), String> {
        match &self.0 {
            Repr::Small(packed) if packed.bytes() > SMALL_SIZE_MAX => {
                Err(format!("a small list of {} bytes", packed.bytes()))
            }
            Repr::Small(packed) => packed.validate(),
            Repr::Large(nodes) => nodes.validate(),
        }
    }
}

/// Elements of a list from head to tail.
#[derive(Clone)]
pub enum Iter<'a> {
    #[doc(hidden)]
    Small(packed::Iter<'a>),
    #[doc(hidden)]
    Large(nodes::Iter<'a>),
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match self {
            Self::Small(iter) => iter.next(),
            Self::Large(iter) => iter.next(),
        }
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::Small(iter) => iter.next_back(),
            Self::Large(iter) => iter.next_back(),
        }
    }
}
