//! Names of a large hash or set, in a hash with values, and the bytes of all of them.

use super::trie::{self, Named, Trie, order};
use crate::store::fetch::prefetch_at;

/// What stands beside a name.
pub trait Beside: Clone {
    /// What it is made of.
    type Given: ?Sized;

    /// Memory of one name beyond the bytes of both: its part of a leaf, and what small allocations round up to.
    const OVERHEAD: usize;

    /// One.
    fn of(given: &Self::Given) -> Self;

    /// Becomes what [`Self::of`] makes.
    fn set(&mut self, given: &Self::Given);

    /// Its bytes.
    fn bytes(&self) -> usize;

    /// Prefetches what it keeps elsewhere.
    fn prefetch(&self);
}

impl Beside for Box<[u8]> {
    type Given = [u8];

    const OVERHEAD: usize = 80;

    fn of(given: &[u8]) -> Self {
        given.into()
    }

    /// Where the length stays, so does the allocation: one that is freed and the next one of its size lie in no cache.
    fn set(&mut self, given: &[u8]) {
        if self.len() == given.len() {
            self.copy_from_slice(given);
        } else {
            *self = given.into();
        }
    }

    fn bytes(&self) -> usize {
        self.len()
    }

    fn prefetch(&self) {
        prefetch_at(self, 0);
    }
}

/// Nothing.
impl Beside for () {
    type Given = ();

    const OVERHEAD: usize = 44;

    fn of((): &()) -> Self {}

    fn set(&mut self, (): &()) {}

    fn bytes(&self) -> usize {
        0
    }

    fn prefetch(&self) {}
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree<V> {
    names: Trie<Pair<V>>,
    /// Bytes of all names and what stands beside them.
    bytes: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct Pair<V> {
    order: u64,
    name: Box<[u8]>,
    beside: V,
}

impl<V> Pair<V> {
    fn parts(&self) -> (&[u8], &V) {
        (&self.name, &self.beside)
    }
}

impl<V: Beside> Named for Pair<V> {
    fn order(&self) -> u64 {
        self.order
    }

    fn name(&self) -> &[u8] {
        &self.name
    }

    fn prefetch(&self) {
        prefetch_at(&self.name, 0);
        self.beside.prefetch();
    }
}

impl<V> Default for Tree<V> {
    fn default() -> Self {
        Self { names: Trie::default(), bytes: 0 }
    }
}

impl<V: Beside> Tree<V> {
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Bytes of all names and what stands beside them.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn iter(&self) -> Iter<'_, V> {
        Iter(self.names.iter())
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&V> {
        self.names.get((order(name), name)).map(|pair| &pair.beside)
    }

    /// Puts something beside a name: true if the name is new.
    pub(super) fn set(&mut self, name: &[u8], given: &V::Given) -> bool {
        let order = order(name);
        if let Some(present) = self.names.get_mut((order, name)) {
            let before = present.beside.bytes();
            present.beside.set(given);
            self.bytes = self.bytes - before + present.beside.bytes();
            return false;
        }
        self.insert(order, name, V::of(given));
        true
    }

    fn insert(&mut self, order: u64, name: &[u8], beside: V) {
        self.bytes += name.len() + beside.bytes();
        self.names.insert(Pair { order, name: name.into(), beside });
    }

    pub(super) fn remove(&mut self, name: &[u8]) -> bool {
        let removed = self.names.remove((order(name), name));
        removed.is_some_and(|pair| {
            self.bytes -= pair.name.len() + pair.beside.bytes();
            true
        })
    }

    /// See [`Trie::look_up`].
    pub(super) fn look_up(&self, name: &[u8]) -> Option<LookUp<'_, V>> {
        self.names.look_up(order(name)).map(LookUp)
    }

    /// See [`Trie::scan`].
    pub(super) fn scan(&self, cursor: u64, count: usize) -> (u64, Vec<(&[u8], &V)>) {
        let (next, found) = self.names.scan(cursor, count);
        (next, found.into_iter().map(Pair::parts).collect())
    }

    /// The names whose order lies in `orders`.
    pub(super) fn range(&self, orders: std::ops::Range<u64>) -> impl Iterator<Item = (&[u8], &V)> {
        self.names.range(orders).map(Pair::parts)
    }

    pub(super) fn memory(&self) -> usize {
        self.bytes + self.len() * V::OVERHEAD
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        self.names.validate()?;
        if let Some(pair) = self.names.iter().find(|pair| pair.order != order(&pair.name)) {
            return Err(format!("{:?} stands at {}", pair.name, pair.order));
        }
        let bytes: usize = self.iter().map(|(name, beside)| name.len() + beside.bytes()).sum();
        if bytes == self.bytes { Ok(()) } else { Err(format!("{bytes} bytes, counted {}", self.bytes)) }
    }
}

impl Tree<()> {
    /// Puts a name into a set: true if it is new.
    pub(super) fn add(&mut self, name: &[u8]) -> bool {
        let order = order(name);
        let is_new = self.names.get((order, name)).is_none();
        if is_new {
            self.insert(order, name, ());
        }
        is_new
    }
}

/// See [`trie::LookUp`].
pub struct LookUp<'a, V>(trie::LookUp<'a, Pair<V>>);

impl<V: Beside> LookUp<'_, V> {
    pub(super) fn step(&mut self) -> bool {
        self.0.step()
    }
}

#[derive(Clone)]
pub struct Iter<'a, V>(trie::Iter<'a, Pair<V>>);

impl<'a, V> Iterator for Iter<'a, V> {
    type Item = (&'a [u8], &'a V);

    fn next(&mut self) -> Option<(&'a [u8], &'a V)> {
        self.0.next().map(Pair::parts)
    }
}
