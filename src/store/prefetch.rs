//! Prefetches into the CPU's caches what a batch is about to touch, for many commands at a time.
//!
//! A look-up is a chain of places in memory, none of which is in a cache of the CPU when there are many keys, or many names in one value: a
//! batch run command by command waits for each in turn. Looked at side by side beforehand, the CPU waits for many at once.
//!
//! Invariant: only reads, and nothing depends on what they found.

use smallvec::SmallVec;

use super::name_look_up::NameLookUp;
use super::{Entry, Position, State};

/// Commands looked at side by side: what they bring fits a first-level cache.
pub const PREFETCH_KEYS: usize = 32;

/// What a command may be about, by the places of its arguments.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The database.
    pub db: usize,
    /// The key.
    pub key: &'a [u8],
    /// A name in the key's value.
    pub name: Option<&'a [u8]>,
    /// The score that the name is to have.
    pub score: Option<f64>,
}

/// Prefetches these entries, side by side.
pub fn prefetch<'a>(entries: impl Iterator<Item = &'a Entry>) {
    for entry in entries {
        entry.prefetch();
    }
}

impl State {
    /// Prefetches the entries of the keys, the beginning of their values, and what is about to be looked for in them.
    pub fn prefetch<'a>(&self, commands: impl Iterator<Item = About<'a>>) {
        // One step for all at a time, so that no step waits for the one before.
        let positions: SmallVec<[(About<'_>, Position); PREFETCH_KEYS]> =
            commands.take(PREFETCH_KEYS).map(|about| (about, Position::of(about.key))).collect();
        let found: SmallVec<[(&Entry, About<'_>); PREFETCH_KEYS]> = positions
            .iter()
            .filter_map(|(about, position)| Some((self.db(about.db).likely(*position)?, *about)))
            .collect();
        prefetch(found.iter().map(|(entry, _)| *entry));
        for (entry, _) in &found {
            entry.value().prefetch();
        }
        let mut names: SmallVec<[NameLookUp<'_>; PREFETCH_KEYS]> =
            found.iter().filter_map(|(entry, about)| entry.value().look_up(about.name?, about.score)).collect();
        while !names.is_empty() {
            names.retain(NameLookUp::step);
        }
    }
}
