//! The consumer groups of a stream, in order of their names.

use super::group::{Group, Name, name};
use crate::store::ranked::Ranked;

/// Memory of a group beyond itself and its name.
const GROUP_OVERHEAD: usize = 128;

/// See the module's header.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Groups {
    groups: Ranked<Named>,
    memory: usize,
}

#[derive(Clone, Debug, PartialEq)]
struct Named {
    name: Name,
    group: Group,
}

impl Named {
    fn memory(&self) -> usize {
        GROUP_OVERHEAD + self.name.slice.len() + self.group.memory()
    }
}

impl Groups {
    pub(super) fn len(&self) -> usize {
        self.groups.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Group)> {
        self.groups.iter().map(|named| (&named.name.slice, &named.group))
    }

    fn place(&self, name: &[u8]) -> usize {
        self.groups.partition_point(|named| named.name.slice < *name)
    }

    fn find(&self, name: &[u8]) -> Option<(usize, &Named)> {
        let place = self.place(name);
        self.groups.get(place).filter(|named| named.name.slice == *name).map(|named| (place, named))
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&Group> {
        self.find(name).map(|(_, named)| &named.group)
    }

    /// Adds a group: false if there is one of this name.
    pub(super) fn add(&mut self, of_name: &[u8], group: Group) -> bool {
        if self.find(of_name).is_some() {
            return false;
        }
        let named = Named { name: name(of_name), group };
        self.memory += named.memory();
        self.groups.insert(self.place(of_name), named);
        true
    }

    pub(super) fn remove(&mut self, name: &[u8]) -> Option<Group> {
        let (place, _) = self.find(name)?;
        let removed = self.groups.remove(place)?;
        self.memory -= removed.memory();
        Some(removed.group)
    }

    pub(super) fn change<T>(&mut self, name: &[u8], change: impl FnOnce(&mut Group) -> T) -> Option<T> {
        let (place, _) = self.find(name)?;
        let (result, before, after) = self.groups.change(place, |named| {
            let before = named.memory();
            let result = change(&mut named.group);
            (result, before, named.memory())
        })?;
        self.memory = self.memory - before + after;
        Some(result)
    }

    /// Lets `change` work on each group that is meant: how many.
    pub(super) fn change_those(&mut self, is_meant: impl Fn(&Group) -> bool, change: impl Fn(&mut Group)) -> usize {
        let meant = |(place, named): (usize, &Named)| is_meant(&named.group).then_some(place);
        let places: Vec<usize> = self.groups.iter().enumerate().filter_map(meant).collect();
        for place in &places {
            let memories = self.groups.change(*place, |named| {
                let before = named.memory();
                change(&mut named.group);
                (before, named.memory())
            });
            if let Some((before, after)) = memories {
                self.memory = self.memory - before + after;
            }
        }
        places.len()
    }

    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        self.groups.validate()?;
        let memory: usize = self.groups.iter().map(Named::memory).sum();
        if memory != self.memory {
            return Err(format!("groups of {memory} bytes, counted {}", self.memory));
        }
        if !self.groups.iter().collect::<Vec<_>>().is_sorted_by(|a, b| a.name.slice < b.name.slice) {
            return Err("groups out of order".into());
        }
        self.groups.iter().try_for_each(|named| named.group.validate())
    }
}
