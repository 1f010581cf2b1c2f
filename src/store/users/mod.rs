//! Users: who may run what on which keys and channels.
//!
//! Invariants
//! - What is here is a function of the log. While nothing has been set ([`Users::is_set`]) the users are each node's own, as its options
//!   give them; the first change brings the users of the node that it comes through.
//! - No password is here, only SHA-256 of it.
//! - The name of a user that is removed and made again stands for another one ([`User::id`]), which no connection of the first is taken for.
//! - Rules about commands are kept as their text. Which commands they name is what a binary knows (`command/access`): the state does not
//!   depend on it.

mod describe;
mod rules;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::Loaded;
pub use describe::hexadecimal;
pub use rules::{CommandNames, RuleError, TrustedNames, has_spaces, merge_selectors};

/// The user of every connection that has not said who it is.
pub const DEFAULT_USER: &str = "default";

/// SHA-256 of a password.
pub type PasswordHash = [u8; 32];

/// What a user may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denied {
    /// Run the command.
    Command,
    /// Touch a key of it.
    Key,
    /// Use a channel of it.
    Channel,
    /// Be who it says.
    Auth,
}

/// Something that a script was not allowed to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// What kind of thing.
    pub what: Denied,
    /// The command, the key or the channel.
    pub object: Bytes,
    /// The user that the script ran as.
    pub user: Bytes,
}

/// Keys that a selector opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPattern {
    /// As KEYS has them.
    pub pattern: Bytes,
    /// For reading.
    pub reads: bool,
    /// For writing.
    pub writes: bool,
}

/// A rule about commands: of one, of a subcommand, of one first argument, or of a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRule {
    /// True for `+`, false for `-`.
    pub allows: bool,
    /// The name in lower case: `get`, `config|get`, `select|0`, `@read`.
    pub what: Box<str>,
}

/// What one set of rules allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// `~*`
    pub all_keys: bool,
    /// `&*`
    pub all_channels: bool,
    /// The rules about commands begin with `+@all`, else with `-@all`.
    pub from_all: bool,
    /// Keys, if not all.
    pub keys: Vec<KeyPattern>,
    /// Patterns of channels, if not all.
    pub channels: Vec<Bytes>,
    /// Rules about commands; of two about the same the later one counts.
    pub rules: Vec<CommandRule>,
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct User {
    /// Another one for each user that is made; 0: it is none of the state's.
    pub id: u64,
    /// Its name.
    pub name: Bytes,
    /// `on`: it can authenticate.
    pub is_enabled: bool,
    /// `nopass`: any password will do.
    pub needs_no_password: bool,
    /// `skip-sanitize-payload`
    pub skips_sanitizing: bool,
    /// In the order in which they were added.
    pub passwords: Vec<PasswordHash>,
    /// What it may without a selector.
    pub root: Selector,
    /// What else it may: each allows by itself.
    pub selectors: Vec<Selector>,
    /// What the rules are once they are read: see [`Loaded`].
    pub loaded: Loaded,
}

impl User {
    /// One that may nothing. `opens_channels`: `acl-pubsub-default allchannels`.
    pub fn new(name: &[u8], opens_channels: bool) -> Self {
        let root = Selector { all_channels: opens_channels, ..Selector::default() };
        Self { name: Bytes::copy_from_slice(name), root, ..Self::default() }
    }

    /// The default user as it is when nothing was set: whoever connects may everything.
    pub fn unrestricted() -> Self {
        let root = Selector { all_keys: true, all_channels: true, from_all: true, ..Selector::default() };
        let name = Bytes::from_static(DEFAULT_USER.as_bytes());
        Self { name, is_enabled: true, needs_no_password: true, root, ..Self::default() }
    }

    /// All selectors, the root first.
    pub fn all_selectors(&self) -> impl Iterator<Item = &Selector> {
        std::iter::once(&self.root).chain(&self.selectors)
    }

    /// True if this password lets somebody in. Takes as long for a right one as for a wrong one.
    pub fn admits(&self, password: &[u8]) -> bool {
        self.admits_hash(&hash_password(password))
    }

    /// The same of a password's hash.
    pub fn admits_hash(&self, hash: &PasswordHash) -> bool {
        let is_same = |known: &PasswordHash| known.iter().zip(hash).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0;
        let is_known = self.passwords.iter().fold(false, |found, known| found | std::hint::black_box(is_same(known)));
        self.is_enabled && (self.needs_no_password || is_known)
    }
}

/// SHA-256 of a password.
pub fn hash_password(password: &[u8]) -> PasswordHash {
    Sha256::digest(password).into()
}

/// All users, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Users {
    version: u64,
    last_id: u64,
    users: BTreeMap<Bytes, Arc<User>>,
}

impl Users {
    /// The users of a node that has none in its state: the default user, with this password or none.
    pub fn of_password(password: &str) -> Self {
        let mut user = User::unrestricted();
        if !password.is_empty() {
            user.needs_no_password = false;
            user.passwords.push(hash_password(password.as_bytes()));
        }
        let mut users = Self::default();
        users.put_own(user);
        users
    }

    /// True once the log has set users.
    pub fn is_set(&self) -> bool {
        self.version > 0
    }

    /// Raised by every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The last id that a user was given.
    pub fn last_id(&self) -> u64 {
        self.last_id
    }

    /// The user of that name.
    pub fn get(&self, name: &[u8]) -> Option<&Arc<User>> {
        self.users.get(name)
    }

    /// All, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<User>> {
        self.users.values()
    }

    /// Puts a user in its place, with a new id if there was none of its name.
    pub fn put(&mut self, mut user: User) {
        user.loaded = Loaded::default();
        user.id = self.users.get(&user.name).map_or(0, |present| present.id);
        if user.id == 0 {
            self.last_id += 1;
            user.id = self.last_id;
        }
        self.version += 1;
        self.users.insert(user.name.clone(), Arc::new(user));
    }

    /// Puts a user of a node in its place: one that the state does not have.
    pub fn put_own(&mut self, user: User) {
        let user = User { id: 0, loaded: Loaded::default(), ..user };
        self.users.insert(user.name.clone(), Arc::new(user));
    }

    /// Takes users out; how many there were.
    pub fn remove<'a>(&mut self, names: impl Iterator<Item = &'a [u8]>) -> usize {
        let removed =
            names.filter(|name| *name != DEFAULT_USER.as_bytes() && self.users.remove(*name).is_some()).count();
        self.version += u64::from(removed > 0);
        removed
    }

    /// Makes these the users, and no others: those of the same names stay the same users.
    pub fn replace(&mut self, users: Vec<User>) {
        let is_kept = |name: &Bytes| users.iter().any(|user| user.name == name) || name == DEFAULT_USER.as_bytes();
        self.users.retain(|name, _| is_kept(name));
        if !users.iter().any(|user| user.name == DEFAULT_USER.as_bytes()) {
            self.put(User::unrestricted());
        }
        users.into_iter().for_each(|user| self.put(user));
    }

    /// Puts back what a snapshot held; false if a user stands twice, out of its order, or with an id that was not given.
    pub fn restore(&mut self, user: User) -> bool {
        let is_behind = self.users.last_key_value().is_none_or(|(last, _)| *last < user.name);
        let is_given = (1..=self.last_id).contains(&user.id);
        self.users.insert(user.name.clone(), Arc::new(user));
        is_behind && is_given
    }

    /// Puts back the counters of a snapshot.
    pub fn restore_counters(&mut self, version: u64, last_id: u64) {
        (self.version, self.last_id) = (version, last_id);
    }
}

#[cfg(test)]
mod tests;
