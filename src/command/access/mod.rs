//! May this user run this command? The rules of [`crate::store::User`] made ready, and asked.
//!
//! Invariants
//! - What is asked is a function of the rules, of the command's arguments and of the table of commands: no clock, no hash of a password.
//! - A user that may everything costs one look at a flag.
//! - A command inside another one (ONCE, LOCK.GUARD) is asked for itself by who lets it pass: see [`inner`].

mod compile;
mod names;

use std::sync::Arc;

use super::context::{Allowed, ONCE_COMMAND_AT, Permissions, Table};
use super::glob::{Case, matches};
use super::{Flags, KeyFlags, Spec, keys_of};
use crate::error::ReplyError;
use crate::protocol::Args;
use crate::store::{Denied, KeyPattern, SubscriptionKind, User};

pub use names::Names;

/// What a user may do.
pub fn permissions(user: &User, table: &dyn Table) -> Arc<Permissions> {
    let made = user.loaded.0.get_or_init(|| Arc::new(compile::compile(user, table)));
    made.clone().downcast().unwrap_or_default()
}

/// What of a command is denied: the kind of thing, and the argument that names it (0: the command).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What.
    pub what: Denied,
    /// Which.
    pub at: usize,
}

/// Asks whether a user may run a command.
///
/// # Errors
/// What it may not: of several selectors that of the one that comes closest.
pub fn ask(permissions: &Permissions, table: &dyn Table, spec: &'static Spec, args: &Args) -> Result<(), Refusal> {
    if permissions.is_unrestricted {
        return Ok(());
    }
    let mut asked = Asked { index: table.index_of(spec), spec, args, keys: None };
    let mut relevant = Refusal { what: Denied::Command, at: 0 };
    for allowed in &permissions.selectors {
        match asked.ask(allowed) {
            Ok(()) => return Ok(()),
            Err(refusal) if (refusal.what, refusal.at) > (relevant.what, relevant.at) => relevant = refusal,
            Err(_) => {}
        }
    }
    Err(relevant)
}

/// True if a user may run a command, and read any key by it.
pub fn reads_any_key(permissions: &Permissions, table: &dyn Table, spec: &'static Spec, args: &Args) -> bool {
    let mut asked = Asked { index: table.index_of(spec), spec, args, keys: None };
    let opens_all = |key: &KeyPattern| key.reads && &*key.pattern == b"*";
    permissions.is_unrestricted
        || permissions.selectors.iter().any(|allowed| {
            asked.ask(allowed).is_ok() && allowed.keys.as_ref().is_none_or(|keys| keys.iter().any(opens_all))
        })
}

/// True if a user may listen to a channel, or to a pattern of channels.
pub fn may_listen(permissions: &Permissions, kind: SubscriptionKind, name: &[u8]) -> bool {
    permissions.is_unrestricted
        || permissions.selectors.iter().any(|allowed| opens_channel(allowed, name, kind == SubscriptionKind::Pattern))
}

/// Says what is denied in Redis's words. `is_told_all`: with the name of the key or channel.
pub fn message(permissions: &Permissions, spec: &Spec, args: &Args, refusal: Refusal, is_told_all: bool) -> Vec<u8> {
    let of_user = |what: &str, name: &[u8], rest: &str| {
        [
            b"User ".as_slice(),
            &permissions.user,
            b" has no permissions to ",
            what.as_bytes(),
            b" '",
            name,
            rest.as_bytes(),
        ]
        .concat()
    };
    match refusal.what {
        Denied::Command | Denied::Auth => of_user("run the", spec.name.as_bytes(), "' command"),
        Denied::Key if is_told_all => of_user("access the", args.arg(refusal.at), "' key"),
        Denied::Channel if is_told_all => of_user("access the", args.arg(refusal.at), "' channel"),
        Denied::Key => b"No permissions to access a key".to_vec(),
        Denied::Channel => b"No permissions to access a channel".to_vec(),
    }
}

/// The same as the error that a client gets.
pub fn no_permission(permissions: &Permissions, spec: &Spec, args: &Args, refusal: Refusal) -> ReplyError {
    ReplyError::text([b"NOPERM ".to_vec(), message(permissions, spec, args, refusal, false)].concat())
}

/// The arguments of the command that another one runs, and where they stand in it.
pub fn inner(spec: &Spec, args: &Args) -> Option<Args> {
    let at = match spec.run {
        super::Run::Once => ONCE_COMMAND_AT,
        super::Run::Guarded(guarded) => guarded.command_at,
        _ => return None,
    };
    Some(args.skip(at))
}

/// A command, and what was found out about it.
struct Asked<'a> {
    index: Option<usize>,
    spec: &'static Spec,
    args: &'a Args,
    keys: Option<Vec<(usize, KeyFlags)>>,
}

impl Asked<'_> {
    fn ask(&mut self, allowed: &Allowed) -> Result<(), Refusal> {
        if !self.spec.flags.contains(Flags::NO_AUTH) && !self.opens_command(allowed) {
            return Err(Refusal { what: Denied::Command, at: 0 });
        }
        if let Some(patterns) = &allowed.keys {
            let found = self.keys.get_or_insert_with(|| keys_of(self.spec, self.args).unwrap_or_default());
            let opens = |at: usize, flags: KeyFlags| opens_key(patterns, self.args.arg(at), flags);
            let closed = found.iter().find(|(at, flags)| !flags.contains(KeyFlags::NOT_KEY) && !opens(*at, *flags));
            if let Some((at, _)) = closed {
                return Err(Refusal { what: Denied::Key, at: *at });
            }
        }
        if allowed.channels.is_some()
            && let Some((places, is_pattern)) = channels(self.spec, self.args)
        {
            let mut places = places;
            if let Some(at) = places.find(|at| !opens_channel(allowed, self.args.arg(*at), is_pattern)) {
                return Err(Refusal { what: Denied::Channel, at });
            }
        }
        Ok(())
    }

    fn opens_command(&self, allowed: &Allowed) -> bool {
        let Some(commands) = &allowed.commands else { return true };
        let Some(index) = self.index else { return false };
        let is_set = commands.get(index / 64).is_some_and(|word| word & (1 << (index % 64)) != 0);
        let is_given =
            |argument: &str| self.args.opt(1).is_some_and(|arg| arg.eq_ignore_ascii_case(argument.as_bytes()));
        is_set || allowed.first_arguments.iter().any(|(of, argument)| *of == index && is_given(argument))
    }
}

fn opens_key(patterns: &[KeyPattern], key: &[u8], flags: KeyFlags) -> bool {
    let reads = flags.contains(KeyFlags::ACCESS);
    let writes = flags.intersects(KeyFlags::INSERT.union(KeyFlags::DELETE).union(KeyFlags::UPDATE));
    patterns
        .iter()
        .any(|open| (open.reads || !reads) && (open.writes || !writes) && matches(&open.pattern, key, Case::Sensitive))
}

/// A pattern of channels is opened by the same pattern alone.
fn opens_channel(allowed: &Allowed, name: &[u8], is_pattern: bool) -> bool {
    allowed.channels.as_ref().is_none_or(|open| {
        open.iter().any(|pattern| if is_pattern { pattern == name } else { matches(pattern, name, Case::Sensitive) })
    })
}

/// Where the channels stand that a command publishes to or listens to, and whether they are patterns.
fn channels(spec: &Spec, args: &Args) -> Option<(std::ops::Range<usize>, bool)> {
    let names = spec.channels?;
    let end = if names.is_one { 2 } else { args.len() };
    Some((1..end, names.are_patterns))
}

#[cfg(test)]
mod tests;
