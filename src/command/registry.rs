//! All commands by name.

use std::sync::{LazyLock, OnceLock};

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Spec, admin, bitmap, cluster, connection, generic, geo, hash, hyperloglog, list, lock, pubsub, script, session,
    set, stream, string, txn, waiting, zset,
};

/// The families, in the order in which COMMAND lists them.
static FAMILIES: &[&[&Spec]] = &[
    string::SPECS,
    generic::SPECS,
    hash::SPECS,
    list::SPECS,
    set::SPECS,
    zset::SPECS,
    bitmap::SPECS,
    geo::SPECS,
    hyperloglog::SPECS,
    stream::SPECS,
    txn::SPECS,
    pubsub::SPECS,
    script::SPECS,
    connection::SPECS,
    admin::SPECS,
    cluster::SPECS,
    lock::SPECS,
    session::SPECS,
    waiting::SPECS,
];

/// See [`add`].
static ADDED: OnceLock<&[&Spec]> = OnceLock::new();

/// What nobody has added to: unit tests have commands of the next feature level.
const PRESENT: &[&Spec] = {
    #[cfg(test)]
    let added = super::later::SPECS;
    #[cfg(not(test))]
    let added: &[&Spec] = &[];
    added
};

static ALL: LazyLock<Vec<&'static Spec>> = LazyLock::new(|| {
    let added = ADDED.get_or_init(|| PRESENT);
    FAMILIES.iter().chain([added]).flat_map(|family| family.iter().copied()).collect()
});

/// Adds commands of a binary that does not exist yet: for a simulation of two versions, and for nothing that serves. False if it comes
/// too late, which is when a command has been looked up, or others were added.
pub fn add(specs: &'static [&'static Spec]) -> bool {
    std::ptr::eq(*ADDED.get_or_init(|| specs), specs)
}

static TABLE: LazyLock<HashTable<&'static Spec>> = LazyLock::new(|| {
    let mut table = HashTable::new();
    for &spec in all() {
        // Two commands of one name would be a mistake in the source: the first test that looks one up finds it.
        assert!(find(&table, spec.name.as_bytes()).is_none(), "command {} is registered twice", spec.name);
        table.insert_unique(hash_of(spec.name.as_bytes()), spec, |spec| hash_of(spec.name.as_bytes()));
    }
    table
});

/// All top-level commands.
pub fn all() -> &'static [&'static Spec] {
    &ALL
}

/// All commands that run by themselves: top-level ones and subcommands, in the order of [`index_of`].
pub fn runnable() -> &'static [&'static Spec] {
    &RUNNABLE
}

/// A command's place among [`runnable`].
pub fn index_of(spec: &'static Spec) -> Option<usize> {
    INDEX.get(&std::ptr::from_ref(spec).addr()).copied()
}

static RUNNABLE: LazyLock<Vec<&'static Spec>> = LazyLock::new(|| {
    all().iter().flat_map(|spec| std::iter::once(*spec).chain(spec.subcommands.iter().copied())).collect()
});

/// By address: a spec is a static, and this is asked for every command.
static INDEX: LazyLock<hashbrown::HashMap<usize, usize>> = LazyLock::new(|| {
    let of_forms = |spec: &'static Spec| std::iter::once(spec).chain(spec.waiting_form.as_ref().map(|form| form.spec));
    let numbered =
        runnable().iter().enumerate().flat_map(|(index, spec)| of_forms(spec).map(move |form| (index, form)));
    numbered.map(|(index, form)| (std::ptr::from_ref(form).addr(), index)).collect()
});

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

#[cfg(test)]
mod tests {
    use super::super::later::NEXT;
    use super::*;
    use crate::sys::version::FIRST_LEVEL;

    #[test]
    fn no_command_is_of_a_level_that_is_not_known_and_no_subcommand_older_than_its_container() {
        for spec in runnable() {
            let known = if spec.name.starts_with("test.") { NEXT } else { crate::FEATURE_LEVEL };
            assert!((FIRST_LEVEL..=known).contains(&spec.since), "{spec:?}");
            assert!(spec.subcommands.iter().all(|sub| sub.since >= spec.since), "{spec:?}");
        }
    }

    #[test]
    fn commands_are_not_added_once_others_are_known() {
        static MORE: &[&Spec] = &[];
        assert!(lookup(b"get").is_some());
        assert!(!add(MORE) && all().len() == FAMILIES.iter().map(|family| family.len()).sum::<usize>() + PRESENT.len());
    }
}
