//! All commands by name.

use std::sync::LazyLock;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::{Spec, generic, hash, lock, script, string};

/// The families, in the order in which COMMAND lists them.
static FAMILIES: [&[&Spec]; 5] = [string::SPECS, generic::SPECS, hash::SPECS, script::SPECS, lock::SPECS];

static TABLE: LazyLock<HashTable<&'static Spec>> = LazyLock::new(|| {
    let mut table = HashTable::new();
    for spec in all() {
        // Two commands of one name would be a mistake in the source: the first test that looks one up finds it.
        assert!(find(&table, spec.name.as_bytes()).is_none(), "command {} is registered twice", spec.name);
        table.insert_unique(hash_of(spec.name.as_bytes()), spec, |spec| hash_of(spec.name.as_bytes()));
    }
    table
});

/// All top-level commands.
pub fn all() -> impl Iterator<Item = &'static Spec> {
    FAMILIES.iter().flat_map(|family| family.iter().copied())
}

/// The command called `name`, whatever its case.
pub fn lookup(name: &[u8]) -> Option<&'static Spec> {
    find(&TABLE, name)
}

fn find(table: &HashTable<&'static Spec>, name: &[u8]) -> Option<&'static Spec> {
    table.find(hash_of(name), |spec| spec.name.as_bytes().eq_ignore_ascii_case(name)).copied()
}

fn hash_of(name: &[u8]) -> u64 {
    let mut lower = [0u8; 40];
    match lower.get_mut(..name.len()) {
        Some(lower) => {
            lower.copy_from_slice(name);
            lower.make_ascii_lowercase();
            xxh3_64(lower)
        }
        None => 0,
    }
}
