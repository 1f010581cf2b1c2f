//! Names of a large hash or set, in a hash with values, and the bytes of all of them.

use super::trie::{self, Named, Trie, order};

/// What stands beside a name.
pub trait Beside: Clone {
    /// Memory of one name beyond the bytes of both: its part of a leaf, and what small allocations round up to.
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

impl<V: Clone> Named for Pair<V> {
    fn order(&self) -> u64 {
        self.order
    }

    fn name(&self) -> &[u8] {
        &self.name
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
    pub(super) fn set(&mut self, name: &[u8], beside: V) -> bool {
        let order = order(name);
        if let Some(present) = self.names.get_mut((order, name)) {
            self.bytes = self.bytes - present.beside.bytes() + beside.bytes();
            present.beside = beside;
            return false;
        }
        self.bytes += name.len() + beside.bytes();
        self.names.insert(Pair { order, name: name.into(), beside });
        true
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

/// See [`trie::LookUp`].
pub struct LookUp<'a, V>(trie::LookUp<'a, Pair<V>>);

impl<V: Clone> LookUp<'_, V> {
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
