//! A sequence in which every element knows its place: a persistent B+ tree that counts what stands below each of its nodes. Whoever keeps
//! it in order finds a place by [`Ranked::partition_point`], and inserts and removes by a [`Sought`] place in one way down.
//!
//! Invariants
//! - Elements stand in leaves alone, and all leaves at one depth. A child's `len` is the number of elements below it, its `first` the first
//!   of them.
//! - No node has more than [`NODE_MAX`] parts, and each but the last of its depth has at least [`NODE_MIN`], so the tree is at most
//!   log(n) / log(`NODE_MIN`) nodes high. Only an empty sequence has an empty node, and a root that is a branch has two parts or more.
//! - A clone shares all nodes. A change copies those on its path that are shared, and one neighbour of each at most; what another clone
//!   sees never changes.

use std::cmp::Ordering;
use std::ops::Range;

use triomphe::Arc;

mod look_up;
#[cfg(test)]
mod tests;

pub use look_up::LookUp;

/// Most parts of a node.
const NODE_MAX: usize = 32;
/// Fewest parts of a node, unless it is the last of its depth. Less than half, so that a node that was cut in two is not joined again at
/// once.
const NODE_MIN: usize = 12;
/// How many parts more a node that is full gets room for.
const ROOM: usize = 8;

/// See the module's header.
#[derive(Clone)]
pub struct Ranked<T> {
    root: Arc<Node<T>>,
    len: usize,
}

#[derive(Clone)]
enum Node<T> {
    Leaf(Vec<T>),
    Branch(Vec<Child<T>>),
}

#[derive(Clone)]
struct Child<T> {
    first: T,
    len: usize,
    node: Arc<Node<T>>,
}

/// A place in a sequence that is in order: by what elements hold themselves, and where that is equal by more.
pub trait Sought<T> {
    /// True if what the element itself holds puts it in front.
    fn is_past(&self, item: &T) -> bool;

    /// True if what the element itself holds is equal.
    fn is_near(&self, item: &T) -> bool;

    /// How an element that is near stands to it.
    fn exact(&self, item: &T) -> Ordering;

    /// How many of `parts` stand in front of it, or at it with `or_at`. First without a branch in each step, which would be guessed wrong
    /// half of the time.
    fn point<P>(&self, parts: &[P], item: impl Fn(&P) -> &T, or_at: bool) -> usize {
        let from = parts.partition_point(|part| self.is_past(item(part)));
        match parts.get(from..) {
            Some(rest) if rest.first().is_some_and(|part| self.is_near(item(part))) => {
                let is_before = |ordering: Ordering| ordering.is_lt() || or_at && ordering.is_eq();
                from + rest.partition_point(|part| self.is_near(item(part)) && is_before(self.exact(item(part))))
            }
            _ => from,
        }
    }
}

impl<T> Default for Ranked<T> {
    fn default() -> Self {
        Self { root: Arc::new(Node::Leaf(Vec::new())), len: 0 }
    }
}

impl<T> Ranked<T> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The element at a place.
    pub fn get(&self, index: usize) -> Option<&T> {
        let (leaf, at) = self.leaf(index)?;
        leaf.get(at)
    }

    /// The leaf that holds a place, and where in it.
    fn leaf(&self, mut index: usize) -> Option<(&[T], usize)> {
        let mut node = &*self.root;
        loop {
            match node {
                Node::Leaf(items) => return Some((items, index)),
                Node::Branch(children) => {
                    let (at, within) = locate(children, index)?;
                    (node, index) = (&children.get(at)?.node, within);
                }
            }
        }
    }

    /// How many elements `is_before` holds for, if those are the first ones.
    pub fn partition_point(&self, is_before: impl Fn(&T) -> bool) -> usize {
        let mut node = &*self.root;
        let mut before = 0;
        loop {
            match node {
                Node::Leaf(items) => return before + items.partition_point(&is_before),
                Node::Branch(children) => {
                    let begun = children.partition_point(|child| is_before(&child.first));
                    let Some((last, whole)) = children.get(..begun).and_then(<[_]>::split_last) else { return before };
                    before += whole.iter().map(|child| child.len).sum::<usize>();
                    node = &last.node;
                }
            }
        }
    }

    /// How many elements stand in front of a place.
    pub fn rank(&self, sought: &impl Sought<T>) -> usize {
        let mut node = &*self.root;
        let mut before = 0;
        loop {
            match node {
                Node::Leaf(items) => return before + sought.point(items, |item| item, false),
                Node::Branch(children) => {
                    let begun = sought.point(children, |child| &child.first, false);
                    let Some((last, whole)) = children.get(..begun).and_then(<[_]>::split_last) else { return before };
                    before += whole.iter().map(|child| child.len).sum::<usize>();
                    node = &last.node;
                }
            }
        }
    }

    /// The elements at these places.
    pub fn range(&self, places: Range<usize>) -> Iter<'_, T> {
        let to = places.end.min(self.len);
        Iter { tree: self, from: places.start.min(to), to, leaf: &[], leaf_start: 0 }
    }

    /// All elements.
    pub fn iter(&self) -> Iter<'_, T> {
        self.range(0..self.len)
    }

    /// Checks the invariants of the module's header.
    ///
    /// # Errors
    /// Names the first thing that is wrong.
    pub fn validate(&self) -> Result<(), String>
    where
        T: PartialEq,
    {
        if let Node::Branch(children) = &*self.root
            && children.len() < 2
        {
            return Err(format!("a root of {} parts", children.len()));
        }
        let (_, len) = self.root.check(true)?;
        if len == self.len { Ok(()) } else { Err(format!("{len} elements, counted {}", self.len)) }
    }
}

impl<T: Clone> Ranked<T> {
    /// Puts an element at a place (at the end, if it is beyond); those from there on move by one.
    pub fn insert(&mut self, index: usize, item: T) {
        let index = index.min(self.len);
        let right = insert(Arc::make_mut(&mut self.root), index, item, index == self.len);
        self.grow(right);
    }

    /// Puts an element at a place of its own.
    pub fn insert_at(&mut self, sought: &impl Sought<T>, item: T) {
        let right = insert_at(Arc::make_mut(&mut self.root), sought, item, true);
        self.grow(right);
    }

    /// By one element; `right` is what the root has cut off.
    fn grow(&mut self, right: Option<Child<T>>) {
        self.len += 1;
        if let Some(right) = right {
            let left = Child::of(std::mem::replace(&mut self.root, Arc::new(Node::Leaf(Vec::new()))));
            self.root = Arc::new(Node::Branch(left.into_iter().chain([right]).collect()));
        }
    }

    /// Takes the element at a place out; those behind it move by one.
    pub fn remove(&mut self, index: usize) -> Option<T> {
        if index >= self.len {
            return None;
        }
        let item = remove(Arc::make_mut(&mut self.root), index)?;
        self.shrink();
        Some(item)
    }

    /// Takes the element out that stands at a place, if one does.
    pub fn remove_at(&mut self, sought: &impl Sought<T>) -> Option<T> {
        let (item, _) = remove_at(Arc::make_mut(&mut self.root), sought)?;
        self.shrink();
        Some(item)
    }

    /// By one element.
    fn shrink(&mut self) {
        self.len -= 1;
        while let Node::Branch(children) = &*self.root
            && let [only] = children.as_slice()
        {
            self.root = only.node.clone();
        }
    }

    /// Lets `change` work on the element at a place, which stays in its place. What it shares with others it shares with other clones of
    /// the sequence, and not with this one's branches: but for an element that is alone in its leaf.
    pub fn change<R>(&mut self, index: usize, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        if index >= self.len {
            return None;
        }
        alter(Arc::make_mut(&mut self.root), index, change)
    }

    /// Exchanges the element at a place, which is returned.
    pub fn replace(&mut self, index: usize, item: T) -> Option<T> {
        self.change(index, |place| std::mem::replace(place, item))
    }
}

impl<T: Clone> FromIterator<T> for Ranked<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut level = nodes(items.into_iter(), Node::Leaf);
        while level.len() > 1 {
            level = nodes(level.into_iter(), Node::Branch);
        }
        level.pop().map_or_else(Self::default, |root| Self { root: root.node, len: root.len })
    }
}

impl<T: PartialEq> PartialEq for Ranked<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Ranked<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T> Node<T> {
    fn first(&self) -> Option<&T> {
        match self {
            Self::Leaf(items) => items.first(),
            Self::Branch(children) => children.first().map(|child| &child.first),
        }
    }

    fn last(&self) -> Option<&T> {
        match self {
            Self::Leaf(items) => items.last(),
            Self::Branch(children) => children.last()?.node.last(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Leaf(items) => items.len(),
            Self::Branch(children) => children.iter().map(|child| child.len).sum(),
        }
    }

    /// Number of parts.
    fn width(&self) -> usize {
        match self {
            Self::Leaf(items) => items.len(),
            Self::Branch(children) => children.len(),
        }
    }

    /// How many nodes high it is, and its elements, if all below it is right.
    fn check(&self, is_last: bool) -> Result<(usize, usize), String>
    where
        T: PartialEq,
    {
        let width = self.width();
        if width > NODE_MAX || (!is_last && width < NODE_MIN) {
            return Err(format!("a node of {width} parts"));
        }
        let Self::Branch(children) = self else { return Ok((1, width)) };
        let mut heights = Vec::new();
        for (at, child) in children.iter().enumerate() {
            let (height, len) = child.node.check(is_last && at + 1 == width)?;
            if len != child.len || len == 0 || child.node.first() != Some(&child.first) {
                return Err(format!("a child of {len} elements is said to have {}, or to begin otherwise", child.len));
            }
            heights.push(height);
        }
        heights.dedup();
        match heights.as_slice() {
            [height] => Ok((height + 1, self.len())),
            _ => Err(format!("children of heights {heights:?}")),
        }
    }
}

impl<T: Clone> Child<T> {
    /// None for an empty node.
    fn of(node: Arc<Node<T>>) -> Option<Self> {
        Some(Self { first: node.first()?.clone(), len: node.len(), node })
    }
}

/// The child that holds a place, and where in it.
fn locate<T>(children: &[Child<T>], mut index: usize) -> Option<(usize, usize)> {
    for (at, child) in children.iter().enumerate() {
        if index < child.len {
            return Some((at, index));
        }
        index -= child.len;
    }
    None
}

/// Nodes of these parts, all full but the last.
fn nodes<P, T: Clone>(mut parts: impl Iterator<Item = P>, node: fn(Vec<P>) -> Node<T>) -> Vec<Child<T>> {
    std::iter::from_fn(|| Child::of(Arc::new(node(parts.by_ref().take(NODE_MAX).collect())))).collect()
}

/// Inserts below a node; returns what it has cut off, if it became too wide. `at_end`: behind all that the tree holds.
fn insert<T: Clone>(node: &mut Node<T>, index: usize, item: T, at_end: bool) -> Option<Child<T>> {
    match node {
        Node::Leaf(items) => insert_into_leaf(items, index, item, at_end),
        Node::Branch(children) => {
            // Between two children it goes to the end of the first, whose own `first` stays.
            let (at, within) = locate(children, index.saturating_sub(1))?;
            let within = within + usize::from(index > 0);
            let child = children.get_mut(at)?;
            child.len += 1;
            if within == 0 {
                child.first = item.clone();
            }
            let right = insert(Arc::make_mut(&mut child.node), within, item, at_end)?;
            insert_behind(children, at, right, at_end)
        }
    }
}

/// The same by a place.
fn insert_at<T: Clone>(node: &mut Node<T>, sought: &impl Sought<T>, item: T, at_end: bool) -> Option<Child<T>> {
    match node {
        Node::Leaf(items) => {
            let index = sought.point(items, |item| item, false);
            let at_end = at_end && index == items.len();
            insert_into_leaf(items, index, item, at_end)
        }
        Node::Branch(children) => {
            let begun = sought.point(children, |child| &child.first, false);
            let at = begun.saturating_sub(1);
            let at_end = at_end && begun == children.len();
            let child = children.get_mut(at)?;
            child.len += 1;
            if begun == 0 {
                child.first = item.clone();
            }
            let right = insert_at(Arc::make_mut(&mut child.node), sought, item, at_end)?;
            insert_behind(children, at, right, at_end)
        }
    }
}

fn insert_into_leaf<T: Clone>(items: &mut Vec<T>, index: usize, item: T, at_end: bool) -> Option<Child<T>> {
    put(items, index, item);
    cut(items, at_end).and_then(|right| Child::of(Arc::new(Node::Leaf(right))))
}

/// Puts what the child at `at` has cut off behind it.
fn insert_behind<T: Clone>(children: &mut Vec<Child<T>>, at: usize, right: Child<T>, at_end: bool) -> Option<Child<T>> {
    children.get_mut(at)?.len -= right.len;
    put(children, at + 1, right);
    cut(children, at_end).and_then(|right| Child::of(Arc::new(Node::Branch(right))))
}

fn put<P>(parts: &mut Vec<P>, index: usize, part: P) {
    if parts.len() == parts.capacity() {
        parts.reserve_exact(ROOM);
    }
    parts.insert(index.min(parts.len()), part);
}

/// The second half of what is too wide. What grows at the end of the tree leaves full nodes behind.
fn cut<P>(parts: &mut Vec<P>, at_end: bool) -> Option<Vec<P>> {
    if parts.len() <= NODE_MAX {
        return None;
    }
    let right = parts.split_off(if at_end { NODE_MAX } else { parts.len() / 2 });
    parts.shrink_to_fit();
    Some(right)
}

fn remove<T: Clone>(node: &mut Node<T>, index: usize) -> Option<T> {
    match node {
        Node::Leaf(items) => (index < items.len()).then(|| items.remove(index)),
        Node::Branch(children) => {
            let (at, within) = locate(children, index)?;
            let item = remove(Arc::make_mut(&mut children.get_mut(at)?.node), within)?;
            removed(children, at, within == 0);
            Some(item)
        }
    }
}

/// The same by a place; true beside the element if it was the node's first.
fn remove_at<T: Clone>(node: &mut Node<T>, sought: &impl Sought<T>) -> Option<(T, bool)> {
    match node {
        Node::Leaf(items) => {
            let index = sought.point(items, |item| item, false);
            let is_there = |item: &T| sought.is_near(item) && sought.exact(item).is_eq();
            items.get(index).is_some_and(is_there).then(|| (items.remove(index), index == 0))
        }
        Node::Branch(children) => {
            let at = sought.point(children, |child| &child.first, true).checked_sub(1)?;
            let (item, is_first) = remove_at(Arc::make_mut(&mut children.get_mut(at)?.node), sought)?;
            removed(children, at, is_first);
            Some((item, is_first && at == 0))
        }
    }
}

/// Follows a child from which an element has been taken, its first one if `is_first`.
fn removed<T: Clone>(children: &mut Vec<Child<T>>, at: usize, is_first: bool) {
    let Some(child) = children.get_mut(at) else { return };
    child.len -= 1;
    if is_first && let Some(first) = child.node.first() {
        child.first = first.clone();
    }
    if child.node.width() < NODE_MIN {
        mend(children, at);
    }
}

/// Joins a child that has become too narrow with a neighbour, or shares their parts evenly.
fn mend<T: Clone>(children: &mut Vec<Child<T>>, at: usize) {
    if children.get(at).is_some_and(|child| child.len == 0) {
        children.remove(at);
        return;
    }
    if children.len() < 2 {
        return;
    }
    let left_at = at.saturating_sub(1);
    let right = Arc::unwrap_or_clone(children.remove(left_at + 1).node);
    let Some(left) = children.get_mut(left_at) else { return };
    let rest = match (Arc::make_mut(&mut left.node), right) {
        (Node::Leaf(items), Node::Leaf(more)) => {
            items.extend(more);
            cut(items, false).map(Node::Leaf)
        }
        (Node::Branch(parts), Node::Branch(more)) => {
            parts.extend(more);
            cut(parts, false).map(Node::Branch)
        }
        // Not of one depth: there are none such.
        (_, right) => Some(right),
    };
    left.len = left.node.len();
    if let Some(rest) = rest.and_then(|rest| Child::of(Arc::new(rest))) {
        children.insert(left_at + 1, rest);
    }
}

fn alter<T: Clone, R>(node: &mut Node<T>, index: usize, change: impl FnOnce(&mut T) -> R) -> Option<R> {
    match node {
        Node::Leaf(items) => items.get_mut(index).map(change),
        Node::Branch(children) => {
            let (at, within) = locate(children, index)?;
            let child = children.get_mut(at)?;
            // As long as it is changed, another one stands here: what an element shares would seem to be shared by this copy.
            if within == 0
                && let Some(last) = child.node.last()
            {
                child.first = last.clone();
            }
            let result = alter(Arc::make_mut(&mut child.node), within, change);
            if within == 0
                && let Some(first) = child.node.first()
            {
                child.first = first.clone();
            }
            result
        }
    }
}

/// Elements at some places, from both ends; a leaf is looked for once as long as one end is asked only.
pub struct Iter<'a, T> {
    tree: &'a Ranked<T>,
    from: usize,
    to: usize,
    leaf: &'a [T],
    leaf_start: usize,
}

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<'a, T> Iter<'a, T> {
    fn at(&mut self, index: usize) -> Option<&'a T> {
        if !(self.leaf_start..self.leaf_start + self.leaf.len()).contains(&index) {
            let (leaf, at) = self.tree.leaf(index)?;
            (self.leaf, self.leaf_start) = (leaf, index - at);
        }
        self.leaf.get(index - self.leaf_start)
    }
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        if self.from >= self.to {
            return None;
        }
        self.from += 1;
        self.at(self.from - 1)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.to - self.from, Some(self.to - self.from))
    }
}

impl<T> DoubleEndedIterator for Iter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.from >= self.to {
            return None;
        }
        self.to -= 1;
        self.at(self.to)
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}
