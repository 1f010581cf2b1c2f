//! Tables: an array part as large as Lua 5.1 would make it, and a hash part that is iterated in the order in which its keys came.
//! `grow` chooses the parts' sizes, `walk` has what depends on the keys' order, `hash` where a key's search begins.
//!
//! Invariants
//! - What `next` shows is a function of what was done to the table, in which order: no address, no seed of the process.
//! - A key whose value became nil keeps its place until the hash part grows, so that a traversal may clear what it meets.
//! - No key has a place in both parts.

mod grow;
mod hash;
mod walk;

use std::sync::Arc;

use self::hash::{hash_number, hash_of};
use super::strings::{Strings, hash_bytes};
use super::value::{LuaValue, StrId, TableId};

pub use self::walk::NoSuchKey;

#[derive(Clone, Copy, Debug)]
struct Node {
    key: LuaValue,
    value: LuaValue,
    hash: u32,
}

/// A slot of the index without an entry.
const FREE: u32 = u32::MAX;

/// The place of a whole number from 1 in an array part; of other numbers one that no array part has.
#[inline]
fn place_of(n: f64) -> usize {
    /// 2^52: added to a whole number below, its bits are that number's, above those of 2^52 alone.
    const SHIFT: f64 = 4_503_599_627_370_496.0;
    let shifted = n + SHIFT;
    if shifted - SHIFT == n { shifted.to_bits().wrapping_sub(SHIFT.to_bits() + 1) as usize } else { usize::MAX }
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    array: Vec<LuaValue>,
    nodes: Vec<Node>,
    /// Places in `nodes` by hash, open addressing; twice as many as nodes may be.
    index: Vec<u32>,
    /// Nodes that may be before the next growth: 0 or a power of two.
    capacity: usize,
    pub(super) meta: Option<TableId>,
    /// Writes raise an error (Redis's libraries and globals).
    pub(super) read_only: bool,
    /// What is found where the table itself has nothing: the globals that all runs share.
    base: Option<Arc<Table>>,
}

/// The key cannot be one.
#[derive(Debug, PartialEq, Eq)]
pub enum BadKey {
    /// `t[nil] = …`
    Nil,
    /// `t[0/0] = …`
    NaN,
}

impl Table {
    /// With room for a constructor's items and fields.
    pub fn sized(array: usize, fields: usize) -> Self {
        let mut table = Self { array: vec![LuaValue::Nil; array], ..Self::default() };
        if fields > 0 {
            table.reindex(fields.next_power_of_two());
        }
        table
    }

    /// Room for so many fields, chosen before the first of them comes.
    pub fn make_room(&mut self, fields: usize) {
        if self.capacity < fields {
            self.reindex(fields.next_power_of_two());
        }
    }

    /// One of the library's: it has what all runs share, and may not be changed.
    pub fn shared(base: Arc<Self>) -> Self {
        Self { base: Some(base), read_only: true, ..Self::default() }
    }

    /// True if it may not be changed.
    pub fn read_only(&self) -> bool {
        self.read_only
    }

    /// Gives it another metatable.
    pub fn set_meta(&mut self, meta: Option<TableId>) {
        self.meta = meta;
    }

    /// What the table takes, bytes.
    pub fn bytes(&self) -> usize {
        self.array.capacity() * 16 + self.capacity * 40 + self.index.len() * 4
    }

    /// The array part's length.
    pub fn array_len(&self) -> usize {
        self.array.len()
    }

    /// Nodes in the hash part, dead ones too.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The value of a whole number from 1.
    #[inline]
    pub fn get_int(&self, n: usize, strings: &Strings) -> LuaValue {
        match self.array.get(n.wrapping_sub(1)) {
            Some(value) => *value,
            None => {
                self.find(LuaValue::Number(n as f64), hash_number(n as f64), strings).map_or(LuaValue::Nil, |(_, v)| v)
            }
        }
    }

    /// The value of a string.
    #[inline]
    pub fn get_str(&self, key: StrId, strings: &Strings) -> LuaValue {
        match self.find_str(key, strings).and_then(|at| self.nodes.get(at)) {
            Some(node) => node.value,
            None => self.base.as_ref().map_or(LuaValue::Nil, |base| base.get_str(key, strings)),
        }
    }

    /// The place of a string among the nodes.
    #[inline]
    fn find_str(&self, key: StrId, strings: &Strings) -> Option<usize> {
        let mask = self.index.len().checked_sub(1)?;
        let hash = strings.hash(key);
        let mut at = hash as usize & mask;
        let mut probes = 0;
        let found = loop {
            probes += 1;
            let place = *self.index.get(at)? as usize;
            // What is free is beyond all nodes.
            let Some(node) = self.nodes.get(place) else { break None };
            if node.hash == hash
                && let LuaValue::Str(other) = node.key
                && (other == key || strings.equal(other, key))
            {
                break Some(place);
            }
            at = (at + 1) & mask;
        };
        strings.probed(probes);
        found
    }

    /// The value of a string that is none of the run's.
    pub fn get_bytes(&self, key: &[u8], strings: &Strings) -> LuaValue {
        let hash = hash_bytes(key);
        let mask = self.index.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some(&place) = self.index.get(at)
            && let Some(node) = self.nodes.get(place as usize)
        {
            if node.hash == hash
                && let LuaValue::Str(other) = node.key
                && strings.get(other) == key
            {
                return node.value;
            }
            at = (at + 1) & mask;
        }
        LuaValue::Nil
    }

    /// The value of a number that has its place in the array part.
    #[inline]
    pub(super) fn element(&self, n: f64) -> Option<&LuaValue> {
        self.array.get(place_of(n))
    }

    /// The value of a number.
    #[inline]
    pub(super) fn get_number(&self, n: f64, strings: &Strings) -> LuaValue {
        match self.array.get(place_of(n)) {
            Some(value) => *value,
            None if self.nodes.is_empty() => LuaValue::Nil,
            None => self.find(LuaValue::Number(n), hash_number(n), strings).map_or(LuaValue::Nil, |(_, value)| value),
        }
    }

    /// The value of any key.
    #[inline]
    pub fn get(&self, key: LuaValue, strings: &Strings) -> LuaValue {
        match key {
            LuaValue::Number(n) => self.get_number(n, strings),
            LuaValue::Str(id) => self.get_str(id, strings),
            LuaValue::Nil => LuaValue::Nil,
            _ => self.find(key, hash_of(key, strings), strings).map_or(LuaValue::Nil, |(_, value)| value),
        }
    }

    fn find(&self, key: LuaValue, hash: u32, strings: &Strings) -> Option<(usize, LuaValue)> {
        let mask = self.index.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        let mut probes = 0;
        loop {
            probes += 1;
            let place = *self.index.get(at)?;
            if place == FREE {
                strings.probed(probes);
                return None;
            }
            let node = self.nodes.get(place as usize)?;
            if node.hash == hash && strings.raw_equal(node.key, key) {
                strings.probed(probes);
                return Some((place as usize, node.value));
            }
            at = (at + 1) & mask;
        }
    }

    /// Sets a key that is there already to a value, or tells that it is not there.
    #[inline]
    fn replace(&mut self, key: LuaValue, hash: u32, value: LuaValue, strings: &Strings) -> bool {
        match self.find(key, hash, strings) {
            Some((place, _)) => {
                if let Some(node) = self.nodes.get_mut(place) {
                    node.value = value;
                }
                true
            }
            None => false,
        }
    }

    /// Sets a whole number from 1, if the array part has its place.
    #[inline]
    pub fn set_int_in_place(&mut self, n: usize, value: LuaValue) -> bool {
        match self.array.get_mut(n.wrapping_sub(1)) {
            Some(place) => {
                *place = value;
                true
            }
            None => false,
        }
    }

    /// True if nothing stands between a write and the table.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.meta.is_none() && !self.read_only
    }

    /// Sets a number, if the array part has its place.
    #[inline]
    pub(super) fn set_number_in_place(&mut self, n: f64, value: LuaValue) -> bool {
        match self.array.get_mut(place_of(n)) {
            Some(place) => {
                *place = value;
                true
            }
            None => false,
        }
    }

    /// Sets a string that is a key already.
    #[inline]
    pub(super) fn set_str_in_place(&mut self, key: StrId, value: LuaValue, strings: &Strings) -> bool {
        match self.find_str(key, strings).and_then(|at| self.nodes.get_mut(at)) {
            Some(node) => {
                node.value = value;
                true
            }
            None => false,
        }
    }

    /// Sets a key.
    ///
    /// # Errors
    /// The key is nil or not a number.
    pub fn set(&mut self, key: LuaValue, value: LuaValue, strings: &Strings) -> Result<(), BadKey> {
        let hash = match key {
            LuaValue::Nil => return Err(BadKey::Nil),
            LuaValue::Number(n) if n.is_nan() => return Err(BadKey::NaN),
            LuaValue::Number(n) => {
                if self.set_number_in_place(n, value) {
                    return Ok(());
                }
                hash_number(n)
            }
            _ => hash_of(key, strings),
        };
        if self.replace(key, hash, value, strings) {
            return Ok(());
        }
        // Also for nil, as Lua does: a key that finds no room makes the parts anew, whatever its value, and `#` shows it.
        if self.nodes.len() == self.capacity {
            self.grow(key, strings);
            if let LuaValue::Number(n) = key
                && self.set_number_in_place(n, value)
            {
                return Ok(());
            }
        }
        self.insert(Node { key, value, hash });
        Ok(())
    }

    fn insert(&mut self, node: Node) {
        let mask = self.index.len().wrapping_sub(1);
        let mut at = node.hash as usize & mask;
        while self.index.get(at).is_some_and(|place| *place != FREE) {
            at = (at + 1) & mask;
        }
        if let Some(place) = self.index.get_mut(at) {
            *place = self.nodes.len() as u32;
            self.nodes.push(node);
        }
    }
}
