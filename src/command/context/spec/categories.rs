//! ACL categories: those of the spec, and those that follow from flags and group, as Redis derives them.

use super::{Categories, Family, Flags, Run, Spec};

impl Spec {
    /// All categories of a command.
    pub fn all_categories(&self) -> Categories {
        let mut categories = self.categories.union(self.categories_of_group());
        let mut add = |when: bool, category| {
            if when {
                categories = categories.union(category);
            }
        };
        let has = |flag| self.flags.contains(flag);
        add(has(Flags::WRITE), Categories::WRITE);
        add(has(Flags::READONLY) && self.doc.group != Family::Scripting, Categories::READ);
        add(has(Flags::ADMIN), Categories::ADMIN.union(Categories::DANGEROUS));
        add(has(Flags::PUBSUB), Categories::PUBSUB);
        add(has(Flags::BLOCKING), Categories::BLOCKING);
        add(has(Flags::FAST), Categories::FAST);
        add(!has(Flags::FAST), Categories::SLOW);
        categories
    }

    /// A container itself is in none of its group's.
    fn categories_of_group(&self) -> Categories {
        if matches!(self.run, Run::Container) {
            return Categories::empty();
        }
        match self.doc.group {
            // WAIT is of the connection although its group is generic, SORT of the types that it sorts.
            Family::Generic if self.categories.intersects(Categories::CONNECTION.union(Categories::SET)) => {
                Categories::empty()
            }
            group => group.category(),
        }
    }
}

impl Categories {
    /// Their names, in Redis's order.
    pub fn names(self) -> impl Iterator<Item = String> {
        self.iter_names().map(|(name, _)| name.to_ascii_lowercase())
    }

    /// The category of that name.
    pub fn named(name: &[u8]) -> Option<Self> {
        Self::all().iter_names().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name)).map(|(_, found)| found)
    }
}
