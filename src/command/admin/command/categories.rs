//! ACL categories: those of the spec, and those that follow from flags and group, as Redis derives them.

use crate::command::{Categories, Family, Flags, Spec};

/// All categories of a command.
pub fn of(spec: &Spec) -> Categories {
    let mut categories = spec.categories.union(of_group(spec));
    let mut add = |when: bool, category| {
        if when {
            categories = categories.union(category);
        }
    };
    let has = |flag| spec.flags.contains(flag);
    add(has(Flags::WRITE), Categories::WRITE);
    add(has(Flags::READONLY) && spec.doc.group != Family::Scripting, Categories::READ);
    add(has(Flags::ADMIN), Categories::ADMIN.union(Categories::DANGEROUS));
    add(has(Flags::PUBSUB), Categories::PUBSUB);
    add(has(Flags::BLOCKING), Categories::BLOCKING);
    add(has(Flags::FAST), Categories::FAST);
    add(!has(Flags::FAST), Categories::SLOW);
    categories
}

/// A container itself is in none of its group's.
fn of_group(spec: &Spec) -> Categories {
    if matches!(spec.run, crate::command::Run::Container) {
        return Categories::empty();
    }
    match spec.doc.group {
        // WAIT is of the connection although its group is generic, SORT of the types that it sorts.
        Family::Generic if spec.categories.intersects(Categories::CONNECTION.union(Categories::SET)) => {
            Categories::empty()
        }
        group => group.category(),
    }
}

/// The names of categories, in Redis's order.
pub fn names(categories: Categories) -> impl Iterator<Item = String> {
    categories.iter_names().map(|(name, _)| name.to_ascii_lowercase())
}

/// The category of that name.
pub fn by_name(name: &[u8]) -> Option<Categories> {
    Categories::all()
        .iter_names()
        .find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name))
        .map(|(_, found)| found)
}
