//! The sizes of a table's two parts.
//!
//! Invariant: they are a function of the keys that are in use when a key finds no room (and of what constructors ask for), as in Lua
//! 5.1, so `#` sees the same array part.

use super::super::strings::Strings;
use super::super::units;
use super::super::value::LuaValue;
use super::hash::hash_number;
use super::{FREE, Node, Table};

/// Longest array part: indexes beyond are keys of the hash part, as in Lua 5.1 (`MAXBITS`).
const ARRAY_BITS: usize = 26;

impl Table {
    /// Makes room for one more key: drops dead nodes and chooses the array part's size, the largest n such that more than half of 1 to
    /// n are in use (the reference manual leaves it open; Lua 5.1 does so).
    pub(super) fn grow(&mut self, extra: LuaValue, strings: &Strings) {
        // All keys are counted, and those of the hash part go to new places, also where the sizes stay.
        strings.spend(units::PIECE + 16 * self.nodes.len() as u64 + 2 * self.array.len() as u64);
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
                if let LuaValue::Number(n) = node.key {
                    count(n);
                }
            }
        }
        live += 1;
        if let LuaValue::Number(n) = extra {
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
            self.array.resize(size, LuaValue::Nil);
        }
        self.reindex(if hashed == 0 { 0 } else { hashed.next_power_of_two() });
        for (i, value) in cut.into_iter().enumerate() {
            if !value.is_nil() {
                let n = (size + i + 1) as f64;
                self.insert(Node { key: LuaValue::Number(n), value, hash: hash_number(n) });
            }
        }
        for node in nodes {
            if node.value.is_nil() {
                continue;
            }
            if let LuaValue::Number(n) = node.key {
                let whole = n as usize;
                if whole as f64 == n && self.set_int_in_place(whole, node.value) {
                    continue;
                }
            }
            self.insert(node);
        }
    }

    pub(super) fn reindex(&mut self, capacity: usize) {
        self.capacity = capacity;
        self.index.clear();
        self.index.resize(if capacity == 0 { 0 } else { capacity * 2 }, FREE);
        let nodes = std::mem::take(&mut self.nodes);
        self.nodes = Vec::with_capacity(capacity);
        nodes.into_iter().for_each(|node| self.insert(node));
    }

    /// The array part grows to `len` at once, for a constructor's list.
    pub fn reserve_array(&mut self, len: usize) {
        if len > self.array.len() {
            self.array.reserve_exact(len - self.array.len());
            self.array.resize(len, LuaValue::Nil);
        }
    }
}
