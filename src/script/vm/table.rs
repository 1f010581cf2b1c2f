//! Tables: an array part as large as Lua 5.1 would make it, and a hash part that is iterated in the order in which its keys came.
//!
//! Invariants
//! - What `next` shows is a function of what was done to the table, in which order: no address, no seed of the process.
//! - A key whose value became nil keeps its place until the hash part grows, so that a traversal may clear what it meets.
//! - `#` finds the border that Lua 5.1 finds in an array part of the same size.

use super::strings::Strings;
use super::value::{StrId, TableId, Value};

#[derive(Clone, Copy, Debug)]
struct Node {
    key: Value,
    value: Value,
    hash: u32,
}

/// A slot of the index without an entry.
const FREE: u32 = u32::MAX;
/// Longest array part: indexes beyond are keys of the hash part, as in Lua 5.1 (`MAXBITS`).
const ARRAY_BITS: usize = 26;

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    array: Vec<Value>,
    nodes: Vec<Node>,
    /// Places in `nodes` by hash, open addressing; twice as many as nodes may be.
    index: Vec<u32>,
    /// Nodes that may be before the next growth: 0 or a power of two.
    capacity: usize,
    pub(super) meta: Option<TableId>,
    /// Writes raise an error (Redis's libraries and globals).
    pub(super) read_only: bool,
    /// What is found where the table itself has nothing: the globals that all runs share.
    pub(super) base: Option<std::sync::Arc<Table>>,
}

/// The key cannot be one.
#[derive(Debug, PartialEq, Eq)]
pub enum BadKey {
    /// `t[nil] = …`
    Nil,
    /// `t[0/0] = …`
    NaN,
}

/// A traversal stands at a key that the table does not have.
#[derive(Debug, PartialEq, Eq)]
pub struct NoSuchKey;

impl Table {
    /// With room for a constructor's items and fields.
    pub fn sized(array: usize, fields: usize) -> Self {
        let mut table = Self { array: vec![Value::Nil; array], ..Self::default() };
        if fields > 0 {
            table.reindex(fields.next_power_of_two());
        }
        table
    }

    /// One of the library's: it has what all runs share, and may not be changed.
    pub fn shared(base: std::sync::Arc<Self>) -> Self {
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
    pub fn get_int(&self, n: usize, strings: &Strings) -> Value {
        match self.array.get(n.wrapping_sub(1)) {
            Some(value) => *value,
            None => self.find(Value::Number(n as f64), hash_number(n as f64), strings).map_or(Value::Nil, |(_, v)| v),
        }
    }

    /// The value of a string.
    #[inline]
    pub fn get_str(&self, key: StrId, strings: &Strings) -> Value {
        if self.nodes.is_empty() {
            return self.base.as_ref().map_or(Value::Nil, |base| base.get_str(key, strings));
        }
        let hash = strings.hash(key);
        let mask = self.index.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        let mut probes = 0;
        while let Some(&place) = self.index.get(at) {
            probes += 1;
            if place == FREE {
                break;
            }
            if let Some(node) = self.nodes.get(place as usize)
                && node.hash == hash
                && let Value::Str(other) = node.key
                && (other == key || strings.equal(other, key))
            {
                strings.probed(probes);
                return node.value;
            }
            at = (at + 1) & mask;
        }
        strings.probed(probes);
        self.base.as_ref().map_or(Value::Nil, |base| base.get_str(key, strings))
    }

    /// The value of a string that is none of the run's.
    pub fn get_bytes(&self, key: &[u8], strings: &Strings) -> Value {
        let hash = super::strings::hash_bytes(key);
        let mask = self.index.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some(&place) = self.index.get(at)
            && let Some(node) = self.nodes.get(place as usize)
        {
            if node.hash == hash
                && let Value::Str(other) = node.key
                && strings.get(other) == key
            {
                return node.value;
            }
            at = (at + 1) & mask;
        }
        Value::Nil
    }

    /// The value of any key.
    #[inline]
    pub fn get(&self, key: Value, strings: &Strings) -> Value {
        match key {
            Value::Number(n) => {
                let whole = n as usize;
                if whole as f64 == n {
                    return self.get_int(whole, strings);
                }
                self.find(key, hash_number(n), strings).map_or(Value::Nil, |(_, value)| value)
            }
            Value::Str(id) => self.get_str(id, strings),
            Value::Nil => Value::Nil,
            _ => self.find(key, hash_of(key, strings), strings).map_or(Value::Nil, |(_, value)| value),
        }
    }

    fn find(&self, key: Value, hash: u32, strings: &Strings) -> Option<(usize, Value)> {
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
    fn replace(&mut self, key: Value, hash: u32, value: Value, strings: &Strings) -> bool {
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
    pub fn set_int_in_place(&mut self, n: usize, value: Value) -> bool {
        match self.array.get_mut(n.wrapping_sub(1)) {
            Some(place) => {
                *place = value;
                true
            }
            None => false,
        }
    }

    /// Sets a key.
    ///
    /// # Errors
    /// The key is nil or not a number.
    pub fn set(&mut self, key: Value, value: Value, strings: &Strings) -> Result<(), BadKey> {
        let hash = match key {
            Value::Nil => return Err(BadKey::Nil),
            Value::Number(n) if n.is_nan() => return Err(BadKey::NaN),
            Value::Number(n) => {
                let whole = n as usize;
                if whole as f64 == n && self.set_int_in_place(whole, value) {
                    return Ok(());
                }
                hash_number(n)
            }
            _ => hash_of(key, strings),
        };
        if self.replace(key, hash, value, strings) || value.is_nil() {
            return Ok(());
        }
        // As Lua: -0 is the key 0.
        let key = if let Value::Number(n) = key { Value::Number(n + 0.0) } else { key };
        if self.nodes.len() == self.capacity {
            self.grow(key);
            if let Value::Number(n) = key {
                let whole = n as usize;
                if whole as f64 == n && self.set_int_in_place(whole, value) {
                    return Ok(());
                }
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

    fn reindex(&mut self, capacity: usize) {
        self.capacity = capacity;
        self.index.clear();
        self.index.resize(if capacity == 0 { 0 } else { capacity * 2 }, FREE);
        let nodes = std::mem::take(&mut self.nodes);
        self.nodes = Vec::with_capacity(capacity);
        nodes.into_iter().for_each(|node| self.insert(node));
    }

    /// Makes room for one more key: drops dead nodes and chooses the array part's size, the largest n such that more than half of 1 to
    /// n are in use (the reference manual leaves it open; Lua 5.1 does so).
    fn grow(&mut self, extra: Value) {
        let mut counts = [0usize; ARRAY_BITS + 1];
        let mut total = 0;
        let mut count = |key: f64| {
            let whole = key as usize;
            let is_index = whole as f64 == key && (1..=1 << ARRAY_BITS).contains(&whole);
            if is_index && let Some(place) = counts.get_mut(whole.next_power_of_two().trailing_zeros() as usize) {
                *place += 1;
                total += 1;
            }
        };
        for (i, value) in self.array.iter().enumerate() {
            if !value.is_nil() {
                count((i + 1) as f64);
            }
        }
        let mut live = 0;
        for node in &self.nodes {
            if !node.value.is_nil() {
                live += 1;
                if let Value::Number(n) = node.key {
                    count(n);
                }
            }
        }
        live += 1;
        if let Value::Number(n) = extra {
            count(n);
        }
        let (mut size, mut below, mut in_array) = (0, 0, 0);
        for (bits, count) in counts.iter().enumerate() {
            if total <= (1 << bits) / 2 {
                break;
            }
            below += count;
            if below > (1 << bits) / 2 {
                (size, in_array) = (1 << bits, below);
            }
        }
        // What the array part held counts in `live` only if it moves to the hash part.
        let in_array_now = self.array.iter().filter(|value| !value.is_nil()).count();
        let hashed = live + in_array_now - in_array;
        let nodes = std::mem::take(&mut self.nodes);
        let cut = if size < self.array.len() { self.array.split_off(size) } else { Vec::new() };
        if size > self.array.len() {
            self.array.reserve_exact(size - self.array.len());
            self.array.resize(size, Value::Nil);
        }
        self.reindex(if hashed == 0 { 0 } else { hashed.next_power_of_two() });
        for (i, value) in cut.into_iter().enumerate() {
            if !value.is_nil() {
                let n = (size + i + 1) as f64;
                self.insert(Node { key: Value::Number(n), value, hash: hash_number(n) });
            }
        }
        for node in nodes {
            if node.value.is_nil() {
                continue;
            }
            if let Value::Number(n) = node.key {
                let whole = n as usize;
                if whole as f64 == n && self.set_int_in_place(whole, node.value) {
                    continue;
                }
            }
            self.insert(node);
        }
    }

    /// The array part grows to `len` at once, for a constructor's list.
    pub fn reserve_array(&mut self, len: usize) {
        if len > self.array.len() {
            self.array.reserve_exact(len - self.array.len());
            self.array.resize(len, Value::Nil);
        }
    }

    /// A border (the manual's 2.5.5): as Lua 5.1 finds it.
    pub fn len(&self, strings: &Strings) -> usize {
        let end = self.array.len();
        if end > 0 && self.array.last().is_some_and(|value| value.is_nil()) {
            let (mut low, mut high) = (0, end);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if self.array.get(middle - 1).is_none_or(|value| value.is_nil()) {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            return low;
        }
        if self.nodes.is_empty() {
            return end;
        }
        let (mut low, mut high) = (end, end + 1);
        while !self.get_int(high, strings).is_nil() {
            low = high;
            if high > usize::MAX / 4 {
                // A table made to mislead the search: look one by one.
                let mut at = 1;
                while !self.get_int(at, strings).is_nil() {
                    at += 1;
                }
                return at - 1;
            }
            high *= 2;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.get_int(middle, strings).is_nil() {
                high = middle;
            } else {
                low = middle;
            }
        }
        low
    }

    /// The entry behind `key`, or the first one behind nil; `None` at the end.
    ///
    /// # Errors
    /// There is no such key.
    pub fn next(&self, key: Value, strings: &Strings) -> Result<Option<(Value, Value)>, NoSuchKey> {
        let Some(base) = &self.base else { return self.own_next(key, strings) };
        // What the table has itself comes first.
        match self.own_next(key, strings) {
            Ok(Some(entry)) => Ok(Some(entry)),
            Ok(None) => base.own_next(Value::Nil, strings),
            Err(NoSuchKey) => base.own_next(key, strings),
        }
    }

    fn own_next(&self, key: Value, strings: &Strings) -> Result<Option<(Value, Value)>, NoSuchKey> {
        let mut at = match key {
            Value::Nil => 0,
            Value::Number(n) if n as usize as f64 == n && (1..=self.array.len()).contains(&(n as usize)) => n as usize,
            _ => {
                let hash = hash_of(key, strings);
                self.array.len() + self.find(key, hash, strings).ok_or(NoSuchKey)?.0 + 1
            }
        };
        let start = at;
        while let Some(value) = self.array.get(at) {
            at += 1;
            if !value.is_nil() {
                strings.probed((at - start) / 8);
                return Ok(Some((Value::Number(at as f64), *value)));
            }
        }
        let nodes = self.nodes.get(at - self.array.len()..).unwrap_or_default();
        let skipped = nodes.iter().take_while(|node| node.value.is_nil()).count();
        strings.probed(skipped + (at - start) / 8);
        Ok(nodes.get(skipped).map(|node| (node.key, node.value)))
    }

    /// Every value that it holds or is found by.
    pub(super) fn children(&self) -> impl Iterator<Item = Value> {
        let shared = self.base.iter().flat_map(|base| base.nodes.iter().map(|node| node.value));
        let own = self.array.iter().copied().chain(self.nodes.iter().flat_map(|node| [node.key, node.value]));
        own.chain(shared)
    }
}

fn hash_number(n: f64) -> u32 {
    let bits = (n + 0.0).to_bits();
    mix(bits)
}

/// Fibonacci hashing of the folded bits, so that runs of numbers and strided ones both spread.
fn mix(bits: u64) -> u32 {
    let mut x = bits ^ 0x9e37_79b9_7f4a_7c15;
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x ^ (x >> 31)) as u32
}

fn hash_of(key: Value, strings: &Strings) -> u32 {
    match key {
        Value::Nil => 0,
        Value::Bool(b) => mix(1 << 40 | u64::from(b)),
        Value::Number(n) => hash_number(n),
        Value::Str(id) => strings.hash(id),
        Value::Table(id) => mix(2 << 40 | u64::from(id.0)),
        Value::Function(id) => mix(3 << 40 | u64::from(id.0)),
        Value::Native(id) => mix(4 << 40 | u64::from(id.0)),
        Value::Thread(id) => mix(5 << 40 | u64::from(id.0)),
        Value::Null => mix(6 << 40),
    }
}
