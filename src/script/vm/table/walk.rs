//! The order of a table's keys: `#`, `next`, and what a collection has to visit.
//!
//! Invariant: `#` finds the border that Lua 5.1 finds in an array part of the same size.

use super::super::strings::Strings;
use super::super::units;
use super::super::value::LuaValue;
use super::Table;
use super::hash::hash_of;

/// A traversal stands at a key that the table does not have.
#[derive(Debug, PartialEq, Eq)]
pub struct NoSuchKey;

impl Table {
    /// A border (the manual's 2.5.5): as Lua 5.1 finds it.
    pub fn len(&self, strings: &Strings) -> usize {
        let end = self.array.len();
        if end > 0 && self.array.last().is_some_and(|value| value.is_nil()) {
            // Each step may wait for memory.
            strings.spend(6 * u64::from(usize::BITS - end.leading_zeros()));
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
        strings.spend(units::LOOKUP);
        let (mut low, mut high) = (end, end + 1);
        while !self.get_int(high, strings).is_nil() {
            strings.spend(4 * units::LOOKUP);
            low = high;
            if high > usize::MAX / 4 {
                // A table made to mislead the search: look one by one.
                let mut at = 1;
                strings.spend(self.node_count() as u64);
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
    pub fn next(&self, key: LuaValue, strings: &Strings) -> Result<Option<(LuaValue, LuaValue)>, NoSuchKey> {
        let Some(base) = &self.base else { return self.own_next(key, strings) };
        // What the table has itself comes first.
        match self.own_next(key, strings) {
            Ok(Some(entry)) => Ok(Some(entry)),
            Ok(None) => base.own_next(LuaValue::Nil, strings),
            Err(NoSuchKey) => base.own_next(key, strings),
        }
    }

    fn own_next(&self, key: LuaValue, strings: &Strings) -> Result<Option<(LuaValue, LuaValue)>, NoSuchKey> {
        let at = match key {
            LuaValue::Nil => 0,
            LuaValue::Number(n) if n as usize as f64 == n && (1..=self.array.len()).contains(&(n as usize)) => {
                n as usize
            }
            _ => {
                let hash = hash_of(key, strings);
                self.array.len() + self.find(key, hash, strings).ok_or(NoSuchKey)?.0 + 1
            }
        };
        Ok(self.own_entry(at, strings).map(|(_, key, value)| (key, value)))
    }

    /// The entry at place `at` of a traversal or behind, with the place of the next one: for who does not change the table meanwhile.
    pub fn entry(&self, at: usize, strings: &Strings) -> Option<(usize, LuaValue, LuaValue)> {
        let own = self.array.len() + self.nodes.len();
        self.own_entry(at, strings).or_else(|| {
            let base = self.base.as_ref()?;
            let (next, key, value) = base.own_entry(at.saturating_sub(own), strings)?;
            Some((own + next, key, value))
        })
    }

    fn own_entry(&self, mut at: usize, strings: &Strings) -> Option<(usize, LuaValue, LuaValue)> {
        let start = at;
        while let Some(value) = self.array.get(at) {
            at += 1;
            if !value.is_nil() {
                strings.probed((at - start) / 2);
                return Some((at, LuaValue::Number(at as f64), *value));
            }
        }
        let nodes = self.nodes.get(at - self.array.len()..).unwrap_or_default();
        let skipped = nodes.iter().take_while(|node| node.value.is_nil()).count();
        strings.probed(skipped + (at - start) / 2);
        nodes.get(skipped).map(|node| (at + skipped + 1, node.key, node.value))
    }

    /// Places that a collection looks at.
    pub(in crate::script::vm) fn places(&self) -> u64 {
        (self.array.len() + 2 * self.nodes.len()) as u64
    }

    /// Every value that it holds or is found by.
    pub(in crate::script::vm) fn children(&self) -> impl Iterator<Item = LuaValue> {
        let shared = self.base.iter().flat_map(|base| base.nodes.iter().map(|node| node.value));
        let own = self.array.iter().copied().chain(self.nodes.iter().flat_map(|node| [node.key, node.value]));
        own.chain(shared)
    }
}
