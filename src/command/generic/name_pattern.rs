//! The pattern argument of KEYS, SCAN and its kin.

use crate::command::glob::{Case, matches};

/// A glob for names, of which a bare `*` matches all, the empty one included.
#[derive(Clone, Copy, Debug)]
pub struct NamePattern<'a>(Option<&'a [u8]>);

impl<'a> NamePattern<'a> {
    /// All names.
    pub const ALL: Self = Self(None);

    /// The pattern that a client sent.
    pub fn new(pattern: &'a [u8]) -> Self {
        Self((pattern != b"*").then_some(pattern))
    }

    /// The units of matching `name` at worst (`store::work`).
    pub fn units(&self, name: &[u8]) -> u64 {
        self.0.map_or(0, |pattern| (pattern.len() as u64).saturating_mul(name.len() as u64) / 8)
    }

    /// True if `name` matches.
    pub fn matches(&self, name: &[u8]) -> bool {
        self.0.is_none_or(|pattern| matches(pattern, name, Case::Sensitive))
    }
}
