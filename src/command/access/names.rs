//! Names of commands and categories, as rules have them.

use crate::command::context::Table;
use crate::command::{Categories, Flags, Spec};
use crate::store::CommandNames;

/// Those of a table of commands.
pub struct Names<'a>(pub &'a dyn Table);

impl CommandNames for Names<'_> {
    fn command(&self, name: &str) -> Option<String> {
        find(self.0, name).map(|spec| spec.name.to_owned())
    }

    /// What Redis has as one command, DEBUG, takes any first argument, as there.
    fn is_container(&self, name: &str) -> bool {
        let is_one = |spec: &Spec| spec.flags.contains(Flags::PROTECTED) && !spec.flags.contains(Flags::LOADS_MODULES);
        find(self.0, name).is_some_and(|spec| !spec.subcommands.is_empty() && !is_one(spec))
    }

    fn is_category(&self, name: &str) -> bool {
        Categories::named(name.as_bytes()).is_some()
    }
}

/// The command of that name, `container|subcommand` for one that has a container.
pub(super) fn find(table: &dyn Table, name: &str) -> Option<&'static Spec> {
    let mut parts = name.split('|');
    let spec = table.lookup(parts.next()?.as_bytes()).filter(|spec| !spec.flags.contains(Flags::INTERNAL))?;
    let found = match parts.next() {
        Some(part) => spec.subcommands.iter().copied().find(|sub| sub.short_name().eq_ignore_ascii_case(part))?,
        None => spec,
    };
    if parts.next().is_none() { Some(found) } else { None }
}
