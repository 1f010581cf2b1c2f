//! The elements of a large list: packed nodes in a persistent vector. A clone is O(1); a write afterwards copies one node, or the few that
//! it touches, and a path of the vector.
//!
//! Where a node ends is part of the value, because a list that has shrunk to one node may become small again. Nodes are filled, cut and
//! joined where Redis does so; only one that got larger than any limit because an element was replaced is cut here and stays whole there.

use imbl::{Vector, vector};
use triomphe::Arc;

use super::ListLimits;
use crate::store::packed::{self, Packed};
use crate::store::{End, listpack};

/// Size from which on a node does not take another element in the place of one (bytes).
const NODE_SIZE_MAX: usize = 1 << 17;
/// Memory of one node beyond its bytes: its place in the vector, and what two allocations round up to.
const NODE_OVERHEAD: usize = 64;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Nodes {
    nodes: Vector<Node>,
    len: usize,
    /// Of all nodes.
    bytes: usize,
}

/// A node; its number of elements stands beside it, so that who looks for a place need not look into it.
#[derive(Clone, Debug, PartialEq)]
struct Node {
    packed: Arc<Packed>,
    len: usize,
}

impl From<Packed> for Node {
    fn from(packed: Packed) -> Self {
        Self { len: packed.len(), packed: Arc::new(packed) }
    }
}

impl Node {
    fn has_room(&self, element: &[u8], limits: ListLimits) -> bool {
        limits.has_room(self.packed.listpack_len(), self.len, element.len())
    }
}

/// Places of an element: its node, and the element in that.
#[derive(Clone, Copy)]
struct Place {
    node: usize,
    at: usize,
}

impl Nodes {
    /// Nodes as they are given; empty ones are left out.
    pub(super) fn from_packed(nodes: impl IntoIterator<Item = Packed>) -> Self {
        let mut new = Self::default();
        for packed in nodes {
            new.insert_node(new.nodes.len(), packed);
        }
        new
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes of all nodes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn memory(&self) -> usize {
        self.bytes + self.nodes.len() * NODE_OVERHEAD
    }

    /// The nodes, each with its elements.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Packed> {
        self.nodes.iter().map(|node| &*node.packed)
    }

    pub(super) fn iter(&self) -> Iter<'_> {
        Iter { nodes: self.nodes.iter(), front: packed::Iter::default(), back: packed::Iter::default() }
    }

    /// The elements from `index` on.
    pub(super) fn iter_from(&self, index: usize) -> Iter<'_> {
        let mut iter = self.iter();
        let Some(place) = self.place(index) else {
            iter.nodes.by_ref().for_each(drop);
            return iter;
        };
        if let Some(node) = iter.nodes.nth(place.node) {
            iter.front = node.packed.iter();
            iter.front.by_ref().take(place.at).for_each(drop);
        }
        iter
    }

    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        let place = self.place(index)?;
        self.nodes.get(place.node)?.packed.get(place.at)
    }

    pub(super) fn push(&mut self, end: End, element: &[u8], limits: ListLimits) {
        let node = if end == End::Head { 0 } else { self.nodes.len().saturating_sub(1) };
        if self.nodes.get(node).is_some_and(|node| node.has_room(element, limits)) {
            self.change(node, |packed| packed.push(end, element));
        } else {
            let at = if end == End::Head { 0 } else { self.nodes.len() };
            self.insert_node(at, Packed::from_elements([element]));
        }
    }

    /// Puts another element in the place of the one at `index`: false if there is none.
    pub(super) fn set(&mut self, index: usize, element: &[u8]) -> bool {
        let Some(Place { node, at }) = self.place(index) else { return false };
        self.change(node, |packed| packed.set(at, element));
        let Some(grown) = self.nodes.get(node).filter(|node| node.packed.bytes() > NODE_SIZE_MAX) else { return true };
        let len = grown.len;
        // The element alone, and what is before and behind it.
        for cut in [at + 1, at] {
            if cut > 0 && cut < len {
                self.cut(node, cut);
            }
        }
        true
    }

    /// Puts an element in front of or behind the one at `index`: false if there is none.
    pub(super) fn insert(&mut self, index: usize, is_behind: bool, element: &[u8], limits: ListLimits) -> bool {
        let Some(Place { node, at }) = self.place(index) else { return false };
        let Some(held) = self.nodes.get(node) else { return false };
        let room = |node: Option<usize>| {
            node.filter(|node| self.nodes.get(*node).is_some_and(|node| node.has_room(element, limits)))
        };
        let is_last = is_behind && at + 1 == held.len;
        let is_first = !is_behind && at == 0;
        if held.has_room(element, limits) {
            self.change(node, |packed| packed.insert(at + usize::from(is_behind), element));
        } else if is_last && let Some(next) = room(Some(node + 1)) {
            self.change(next, |packed| packed.push(End::Head, element));
        } else if is_first && let Some(previous) = room(node.checked_sub(1)) {
            self.change(previous, |packed| packed.push(End::Tail, element));
        } else if is_last || is_first {
            self.insert_node(node + usize::from(is_last), Packed::from_elements([element]));
        } else if is_behind {
            self.cut(node, at + 1);
            self.change(node + 1, |packed| packed.push(End::Head, element));
            self.join_around(node, limits);
        } else {
            self.cut(node, at);
            self.change(node, |packed| packed.push(End::Tail, element));
            self.join_around(node + 1, limits);
        }
        true
    }

    /// Removes up to `count` elements from `index` on.
    pub(super) fn remove(&mut self, index: usize, count: usize) {
        let mut left = count.min(self.len.saturating_sub(index));
        let Some(Place { node, mut at }) = self.place(index) else { return };
        while left > 0 {
            let Some(len) = self.nodes.get(node).map(|node| node.len) else { return };
            let removed = left.min(len - at);
            left -= removed;
            if removed < len {
                self.change(node, |packed| packed.remove(at, removed));
                if left == 0 {
                    return;
                }
                // What was behind `at` in this node is gone: the rest goes from the next one.
                return self.remove(index, left);
            }
            let whole = self.whole_nodes(node, left + removed);
            left = left + removed - whole.1;
            self.remove_nodes(node, whole.0, whole.1);
            at = 0;
        }
    }

    /// Removes up to `count` elements that are equal to `element`, those next to `end` first: how many there were.
    pub(super) fn remove_equal(&mut self, element: &[u8], end: End, count: usize) -> usize {
        let mut left = count;
        let mut emptied = Vec::new();
        let total = self.nodes.len();
        for step in 0..total {
            if left == 0 {
                break;
            }
            let at = if end == End::Head { step } else { total - 1 - step };
            // Looking first: nothing is copied of a node in which nothing changes.
            let found = self.nodes.get(at).is_some_and(|node| node.packed.iter().any(|present| present == element));
            if !found {
                continue;
            }
            left -= self.change(at, |packed| packed.remove_equal(element, end, left)).unwrap_or_default();
            if self.nodes.get(at).is_some_and(|node| node.len == 0) {
                emptied.push(at);
            }
        }
        if !emptied.is_empty() {
            // Many may have gone: the vector is made anew, once.
            self.nodes = self.nodes.iter().filter(|node| node.len > 0).cloned().collect();
        }
        count - left
    }

    /// The only node, if there is no other.
    pub(super) fn single(&self) -> Option<&Packed> {
        if self.nodes.len() == 1 { self.nodes.front().map(|node| &*node.packed) } else { None }
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        let (mut len, mut bytes) = (0, 0);
        for node in &self.nodes {
            node.packed.validate()?;
            if node.len != node.packed.len() || node.len == 0 {
                return Err(format!("a node of {} elements, counted {}", node.packed.len(), node.len));
            }
            len += node.len;
            bytes += node.packed.bytes();
        }
        if (len, bytes) != (self.len, self.bytes) {
            return Err(format!("{len} elements in {bytes} bytes, counted {} in {}", self.len, self.bytes));
        }
        Ok(())
    }

    /// Where the element at `index` is, counted from the end that is nearer.
    fn place(&self, index: usize) -> Option<Place> {
        if index >= self.len {
            return None;
        }
        if index <= self.len / 2 {
            let mut at = index;
            for (node, held) in self.nodes.iter().enumerate() {
                if at < held.len {
                    return Some(Place { node, at });
                }
                at -= held.len;
            }
        } else {
            let mut behind = self.len - index;
            for (step, held) in self.nodes.iter().rev().enumerate() {
                if behind <= held.len {
                    return Some(Place { node: self.nodes.len() - 1 - step, at: held.len - behind });
                }
                behind -= held.len;
            }
        }
        None
    }

    /// How many nodes from `node` on hold not more than `len` elements together, and how many elements these are.
    fn whole_nodes(&self, node: usize, len: usize) -> (usize, usize) {
        let (mut nodes, mut elements) = (0, 0);
        for held in self.nodes.iter().skip(node) {
            if elements + held.len > len {
                break;
            }
            nodes += 1;
            elements += held.len;
        }
        (nodes, elements)
    }

    fn change<T>(&mut self, node: usize, change: impl FnOnce(&mut Packed) -> T) -> Option<T> {
        let node = self.nodes.get_mut(node)?;
        let (len, bytes) = (node.len, node.packed.bytes());
        let packed = Arc::make_mut(&mut node.packed);
        let result = change(packed);
        node.len = packed.len();
        self.len = self.len - len + packed.len();
        self.bytes = self.bytes - bytes + packed.bytes();
        Some(result)
    }

    fn insert_node(&mut self, at: usize, packed: Packed) {
        if packed.len() == 0 {
            return;
        }
        self.len += packed.len();
        self.bytes += packed.bytes();
        if at == 0 {
            self.nodes.push_front(packed.into());
        } else if at >= self.nodes.len() {
            self.nodes.push_back(packed.into());
        } else {
            self.nodes.insert(at, packed.into());
        }
    }

    fn remove_nodes(&mut self, at: usize, count: usize, len: usize) {
        // What popping does goes the short way.
        let end = match (at, count) {
            (0, 1) => self.nodes.pop_front(),
            (at, 1) if at + 1 == self.nodes.len() => self.nodes.pop_back(),
            _ => None,
        };
        if let Some(node) = end {
            self.len -= len;
            self.bytes -= node.packed.bytes();
            return;
        }
        let mut removed = self.nodes.split_off(at);
        let behind = removed.split_off(count.min(removed.len()));
        self.nodes.append(behind);
        self.len -= len;
        self.bytes -= removed.iter().map(|node| node.packed.bytes()).sum::<usize>();
    }

    /// Cuts a node in two in front of its element at `at`.
    fn cut(&mut self, node: usize, at: usize) {
        let Some(tail) = self.change(node, |packed| packed.split_off(at)) else { return };
        self.insert_node(node + 1, tail);
    }

    /// Joins nodes around one that was cut off, where both have room in one: in Redis's order.
    fn join_around(&mut self, centre: usize, limits: ListLimits) {
        let mut centre = centre;
        if centre >= 2 && self.join(centre - 2, limits) {
            centre -= 1;
        }
        self.join(centre + 1, limits);
        if centre >= 1 && self.join(centre - 1, limits) {
            centre -= 1;
        }
        self.join(centre, limits);
    }

    /// Joins a node with the one behind it, if both have room in one.
    fn join(&mut self, node: usize, limits: ListLimits) -> bool {
        let (Some(here), Some(next)) = (self.nodes.get(node), self.nodes.get(node + 1)) else { return false };
        let size = here.packed.listpack_len() + next.packed.listpack_len() - listpack::EMPTY_LEN;
        if limits.exceeded(size, here.len + next.len) {
            return false;
        }
        let next = self.nodes.remove(node + 1);
        self.len -= next.len;
        self.bytes -= next.packed.bytes();
        self.change(node, |packed| packed.append(&next.packed));
        true
    }
}

#[derive(Clone)]
pub struct Iter<'a> {
    nodes: vector::Iter<'a, Node, imbl::shared_ptr::DefaultSharedPtr>,
    front: packed::Iter<'a>,
    back: packed::Iter<'a>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            if let Some(element) = self.front.next() {
                return Some(element);
            }
            match self.nodes.next() {
                Some(node) => self.front = node.packed.iter(),
                None => return self.back.next(),
            }
        }
    }
}

impl<'a> DoubleEndedIterator for Iter<'a> {
    fn next_back(&mut self) -> Option<&'a [u8]> {
        loop {
            if let Some(element) = self.back.next_back() {
                return Some(element);
            }
            match self.nodes.next_back() {
                Some(node) => self.back = node.packed.iter(),
                None => return self.front.next_back(),
            }
        }
    }
}
