//! A user's rules about commands as a bit for each command.

use super::names::find;
use crate::command::context::{Allowed, Permissions, Table};
use crate::command::{Categories, Spec};
use crate::store::{CommandRule, Selector, User};

pub(super) fn compile(user: &User, table: &dyn Table) -> Permissions {
    let selectors: Vec<Allowed> = user.all_selectors().map(|selector| allowed(selector, table)).collect();
    let is_all = |allowed: &Allowed| allowed.commands.is_none() && allowed.keys.is_none() && allowed.channels.is_none();
    let is_unrestricted = selectors.iter().any(is_all);
    Permissions { user: user.name.clone(), id: user.id, is_unrestricted, selectors }
}

fn allowed(selector: &Selector, table: &dyn Table) -> Allowed {
    let is_all = selector.from_all && selector.rules.iter().all(|rule| rule.allows);
    let mut made = Allowed {
        commands: None,
        first_arguments: Vec::new(),
        keys: (!selector.all_keys).then(|| selector.keys.clone()),
        channels: (!selector.all_channels).then(|| selector.channels.clone()),
    };
    if !is_all {
        let words = table.runnable().len().div_ceil(64);
        made.commands = Some(vec![if selector.from_all { u64::MAX } else { 0 }; words].into());
        selector.rules.iter().for_each(|rule| follow(&mut made, rule, table));
    }
    made
}

fn follow(made: &mut Allowed, rule: &CommandRule, table: &dyn Table) {
    if let Some(category) = rule.what.strip_prefix('@') {
        let category = Categories::named(category.as_bytes()).unwrap_or(Categories::empty());
        let named = table.runnable().iter().filter(|spec| spec.all_categories().intersects(category));
        named.for_each(|spec| set(made, table, spec, rule.allows));
    } else if let Some(spec) = find(table, &rule.what) {
        set(made, table, spec, rule.allows);
    } else if let Some((command, argument)) = rule.what.split_once('|')
        && let Some(index) = find(table, command).and_then(|spec| table.index_of(spec))
    {
        made.first_arguments.push((index, argument.into()));
    }
}

/// Of a container all subcommands with it, and of a command its first arguments no longer.
fn set(made: &mut Allowed, table: &dyn Table, spec: &'static Spec, allows: bool) {
    for index in std::iter::once(spec).chain(spec.subcommands.iter().copied()).filter_map(|spec| table.index_of(spec)) {
        if let Some(word) = made.commands.as_mut().and_then(|words| words.get_mut(index / 64)) {
            let bit = 1 << (index % 64);
            *word = if allows { *word | bit } else { *word & !bit };
        }
        made.first_arguments.retain(|(of, _)| *of != index);
    }
}
